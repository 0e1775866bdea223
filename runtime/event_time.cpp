#include "runtime/event_time.h"

#include "runtime/date_time.h"

namespace millrace {

EventTime::EventTime(const TimestampColumn& timestamp, const Schema& schema)
    : column_(timestamp.column), name_(schema[timestamp.column].name) {
  if (!timestamp.format.empty()) pattern_.emplace(timestamp.format);
}

std::optional<int64_t> EventTime::read(const Column& column, size_t row, RowErrors& errors) const {
  std::optional<int64_t> time;
  if (column.valid(row)) {
    if (!column.type().is(TypeKind::varchar)) {
      time = column.at<int64_t>(row);
    } else {
      const auto text = column.at<std::string_view>(row);
      time = pattern_ ? pattern_->parse_timestamp(text) : parse_timestamp(text);
    }
  }
  if (time && is_event_time(*time)) return time;
  errors.add(row, RowErrorCode::bad_timestamp, "column " + name_ + " gives no time from 1970 to 9999");
  return std::nullopt;
}

}  // namespace millrace
