// Event time from the column that WITH (timestamp) names.
#pragma once

#include <optional>
#include <string>

#include "runtime/date_time_pattern.h"
#include "runtime/row_errors.h"
#include "runtime/schema.h"
#include "runtime/source.h"

namespace millrace {

// The times that rows may have, in milliseconds since 1970: to the end of the year 9999. Sums with lengths of windows
// and joins stay numbers.
constexpr int64_t event_time_max = 253'402'300'799'999;
constexpr bool is_event_time(int64_t time) { return time >= 0 && time <= event_time_max; }

class EventTime {
 public:
  EventTime(const TimestampColumn& timestamp, const Schema& schema);

  size_t column() const { return column_; }
  // Milliseconds since 1970; nothing where the value is null, or no time that a row may have: `errors` says so.
  std::optional<int64_t> read(const Column& column, size_t row, RowErrors& errors) const;

 private:
  size_t column_;
  std::string name_;
  std::optional<DateTimePattern> pattern_;
};

}  // namespace millrace
