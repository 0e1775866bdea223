#include <fmt/format.h>

#include "runtime/function_registry.h"
#include "runtime/functions/pattern_cache.h"

namespace millrace {

void register_parse_date(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add({.name = "PARSE_DATE",
                .group = "Date and time",
                .help = "The DATE that a text says, read by a pattern as Java's DateTimeFormatter has them.",
                .example = {"PARSE_DATE('11/05/2018', 'dd/MM/yyyy')", "CAST('2018-05-11' AS DATE)"},
                .overloads = {{Signature("(VARCHAR, VARCHAR) -> DATE"),
                               row_kernel_with<PatternCache, Text, Text>(
                                   [](PatternCache& patterns, Cell& cell, Text text, Text pattern_text) {
                                     const DateTimePattern* pattern = patterns.find(pattern_text, cell);
                                     if (pattern == nullptr) return;
                                     const auto value = pattern->parse_date(text);
                                     if (!value)
                                       return cell.fail(RowErrorCode::invalid_argument,
                                                        fmt::format("PARSE_DATE: '{}' is not as the pattern '{}' says",
                                                                    text, pattern_text));
                                     cell.set(*value);
                                   })}}});
}

}  // namespace millrace
