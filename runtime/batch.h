// Rows as typed columns: the only thing that moves between operators.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/column.h"

namespace millrace {

// What a row says about its key.
enum class RowKind : uint8_t {
  row,         // here is a row
  tombstone,   // a table's row of this key is gone; only key columns have values
  null_value,  // a stream's record without a value; only key columns have values
  old,         // the row that the next one replaces or, where it is the last of its unit, removes
};

// Whether all columns of the row have values, not those of the key alone.
inline bool has_value(RowKind kind) { return kind == RowKind::row || kind == RowKind::old; }

// Immutable once made; cheap to copy. Every column has `rows` rows.
//
// `time` (BIGINT, event time), `partition` (INTEGER) and `offset` (BIGINT, of the source record) are the rows'
// metadata; derived rows carry what the row that caused them had.
struct Batch {
  size_t rows = 0;
  std::vector<ColumnPtr> columns;
  ColumnPtr time;
  ColumnPtr partition;
  ColumnPtr offset;
  std::shared_ptr<const std::vector<RowKind>> kinds;  // absent: all are RowKind::row

  RowKind kind(size_t row) const { return kinds ? (*kinds)[row] : RowKind::row; }
  int64_t time_at(size_t row) const { return time->at<int64_t>(row); }
  // The rows [begin, end).
  Batch slice(size_t begin, size_t end) const;
  // The rows named, in that order.
  Batch gather(std::span<const uint32_t> rows) const;
};

// A subset of a batch's rows, ascending. Does not own its indexes.
class Selection {
 public:
  explicit Selection(size_t all) : size_(all) {}
  explicit Selection(std::span<const uint32_t> rows) : rows_(rows.data()), size_(rows.size()) {}

  size_t size() const { return size_; }
  bool is_all() const { return rows_ == nullptr; }
  uint32_t operator[](size_t i) const { return rows_ == nullptr ? static_cast<uint32_t>(i) : rows_[i]; }

  template <class F>
  void for_each(F&& f) const {
    if (rows_ == nullptr) {
      for (size_t i = 0; i < size_; ++i) f(i);
    } else {
      for (size_t i = 0; i < size_; ++i) f(static_cast<size_t>(rows_[i]));
    }
  }

 private:
  const uint32_t* rows_ = nullptr;
  size_t size_;
};

}  // namespace millrace
