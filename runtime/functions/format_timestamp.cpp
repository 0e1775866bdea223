#include "runtime/function_registry.h"
#include "runtime/functions/pattern_cache.h"

namespace millrace {

namespace {

void format(PatternAndZone& state, Cell& cell, int64_t time, std::string_view pattern_text, const TimeZone& zone) {
  const DateTimePattern* pattern = state.patterns.find(pattern_text, cell);
  if (pattern == nullptr) return;
  std::string text;
  pattern->format_timestamp(time, text, zone);
  cell.set_copy(text);
}

}  // namespace

void register_format_timestamp(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add(
      {.name = "FORMAT_TIMESTAMP",
       .group = "Date and time",
       .help =
           "A TIMESTAMP as text, by a pattern as Java's DateTimeFormatter has them; in UTC, or in the time zone named.",
       .example = {"FORMAT_TIMESTAMP(CAST('2018-05-11T21:58:00' AS TIMESTAMP), 'dd/MM/yyyy HH:mm z', 'Europe/Berlin')",
                   "'11/05/2018 23:58 CEST'"},
       .overloads = {{Signature("(TIMESTAMP, VARCHAR) -> VARCHAR"),
                      row_kernel_with<PatternAndZone, int64_t, Text>(
                          [](PatternAndZone& state, Cell& cell, int64_t time, Text pattern) {
                            format(state, cell, time, pattern, TimeZone());
                          })},
                     {Signature("(TIMESTAMP, VARCHAR, VARCHAR) -> VARCHAR"),
                      row_kernel_with<PatternAndZone, int64_t, Text, Text>(
                          [](PatternAndZone& state, Cell& cell, int64_t time, Text pattern, Text name) {
                            const TimeZone* zone = state.zones.find(name, cell);
                            if (zone != nullptr) format(state, cell, time, pattern, *zone);
                          })}}});
}

}  // namespace millrace
