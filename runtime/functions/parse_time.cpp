#include <fmt/format.h>

#include "runtime/function_registry.h"
#include "runtime/functions/pattern_cache.h"

namespace millrace {

void register_parse_time(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add({.name = "PARSE_TIME",
                .group = "Date and time",
                .help = "The TIME that a text says, read by a pattern as Java's DateTimeFormatter has them.",
                .example = {"PARSE_TIME('1:05 PM', 'h:mm a')", "CAST('13:05:00' AS TIME)"},
                .overloads = {{Signature("(VARCHAR, VARCHAR) -> TIME"),
                               row_kernel_with<PatternCache, Text, Text>(
                                   [](PatternCache& patterns, Cell& cell, Text text, Text pattern_text) {
                                     const DateTimePattern* pattern = patterns.find(pattern_text, cell);
                                     if (pattern == nullptr) return;
                                     const auto value = pattern->parse_time(text);
                                     if (!value)
                                       return cell.fail(RowErrorCode::invalid_argument,
                                                        fmt::format("PARSE_TIME: '{}' is not as the pattern '{}' says",
                                                                    text, pattern_text));
                                     cell.set(*value);
                                   })}}});
}

}  // namespace millrace
