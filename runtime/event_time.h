// Event time from the column that WITH (timestamp) names.
#pragma once

#include <optional>
#include <string>

#include "runtime/date_time_pattern.h"
#include "runtime/row_errors.h"
#include "runtime/schema.h"
#include "runtime/source.h"

namespace millrace {

class EventTime {
 public:
  EventTime(const TimestampColumn& timestamp, const Schema& schema);

  size_t column() const { return column_; }
  // Milliseconds since 1970; nothing where the value is null, is no time, or lies before 1970: `errors` says so.
  std::optional<int64_t> read(const Column& column, size_t row, RowErrors& errors) const;

 private:
  size_t column_;
  std::string name_;
  std::optional<DateTimePattern> pattern_;
};

}  // namespace millrace
