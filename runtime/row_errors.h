// Rows that are bad are data: what was wrong with them is collected, never thrown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// Stable names, the CODE column of SYS_ERRORS.
enum class RowErrorCode : uint8_t {
  malformed,     // not what the format allows at all
  wrong_type,    // a field that does not fit its column's type
  out_of_range,  // a number, date or length beyond what the type holds
  invalid_utf8,
  too_large,
  bad_timestamp,  // no time that a row may have, by the record or by the column that WITH (timestamp) names
  division_by_zero,
  failed_cast,
  overflow,
  invalid_argument,  // of a function
  unknown_column,    // a field that is no column, where that is asked for
  null_key,          // a table's row without its primary key
};

std::string_view row_error_name(RowErrorCode code);

struct RowError {
  uint32_t row = 0;  // of the batch that was evaluated
  RowErrorCode code = RowErrorCode::malformed;
  std::string reason;
};

// At most `capacity` are kept, `count` counts all.
class RowErrors {
 public:
  explicit RowErrors(size_t capacity = 10'000) : capacity_(capacity) {}

  void add(size_t row, RowErrorCode code, std::string reason) {
    ++count_;
    if (errors_.size() < capacity_) errors_.push_back({static_cast<uint32_t>(row), code, std::move(reason)});
  }
  size_t count() const { return count_; }
  const std::vector<RowError>& errors() const { return errors_; }
  void clear() {
    errors_.clear();
    count_ = 0;
  }

 private:
  size_t capacity_;
  size_t count_ = 0;
  std::vector<RowError> errors_;
};

}  // namespace millrace
