#include "runtime/function_registry.h"
#include "runtime/time_unit.h"

namespace millrace {

namespace {

void add(Cell& cell, std::string_view unit, int32_t count, int64_t time) {
  const auto milliseconds = unit_milliseconds(unit);
  if (!milliseconds)
    return cell.fail(RowErrorCode::invalid_argument, "TIMESTAMPADD: '" + std::string(unit) + "' is no unit of time");
  int64_t result;
  if (__builtin_add_overflow(time, count * *milliseconds, &result))
    return cell.fail(RowErrorCode::overflow, "TIMESTAMPADD: the result is beyond all timestamps");
  cell.set(result);
}

}  // namespace

void register_timestampadd(FunctionRegistry& registry) {
  registry.add({.name = "TIMESTAMPADD",
                .group = "Date and time",
                .help = "The TIMESTAMP that is so many units of time later.",
                .example = {"TIMESTAMPADD(MINUTES, 30, CAST('1970-01-01T01:00:00' AS TIMESTAMP))",
                            "CAST('1970-01-01T01:30:00' AS TIMESTAMP)"},
                .overloads = {{Signature("(UNIT, INT, TIMESTAMP) -> TIMESTAMP"),
                               row_kernel<std::string_view, int32_t, int64_t>(add)}}});
}

}  // namespace millrace
