#include <fmt/format.h>

#include "runtime/function_registry.h"
#include "runtime/functions/pattern_cache.h"

namespace millrace {

namespace {

void parse(PatternAndZone& state, Cell& cell, std::string_view text, std::string_view pattern_text,
           const TimeZone& zone) {
  const DateTimePattern* pattern = state.patterns.find(pattern_text, cell);
  if (pattern == nullptr) return;
  const auto time = pattern->parse_timestamp(text, zone);
  if (!time)
    return cell.fail(RowErrorCode::invalid_argument,
                     fmt::format("PARSE_TIMESTAMP: '{}' is not as the pattern '{}' says", text, pattern_text));
  cell.set(*time);
}

}  // namespace

void register_parse_timestamp(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add(
      {.name = "PARSE_TIMESTAMP",
       .group = "Date and time",
       .help =
           "The TIMESTAMP that a text says, read by a pattern as Java's DateTimeFormatter has them; in UTC, or in the "
           "time zone named, unless the text says an offset.",
       .example = {"PARSE_TIMESTAMP('11/05/2018 23:58', 'dd/MM/yyyy HH:mm', 'Europe/Berlin')",
                   "CAST('2018-05-11T21:58:00' AS TIMESTAMP)"},
       .overloads = {
           {Signature("(VARCHAR, VARCHAR) -> TIMESTAMP"),
            row_kernel_with<PatternAndZone, Text, Text>([](PatternAndZone& state, Cell& cell, Text text, Text pattern) {
              parse(state, cell, text, pattern, TimeZone());
            })},
           {Signature("(VARCHAR, VARCHAR, VARCHAR) -> TIMESTAMP"),
            row_kernel_with<PatternAndZone, Text, Text, Text>(
                [](PatternAndZone& state, Cell& cell, Text text, Text pattern, Text name) {
                  const TimeZone* zone = state.zones.find(name, cell);
                  if (zone != nullptr) parse(state, cell, text, pattern, *zone);
                })}}});
}

}  // namespace millrace
