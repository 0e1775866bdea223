#include "runtime/function_registry.h"
#include "runtime/functions/pattern_cache.h"

namespace millrace {

void register_format_date(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add({.name = "FORMAT_DATE",
                .group = "Date and time",
                .help = "A DATE as text, by a pattern as Java's DateTimeFormatter has them.",
                .example = {"FORMAT_DATE(CAST('2018-05-11' AS DATE), 'EEE d MMM yyyy')", "'Fri 11 May 2018'"},
                .overloads = {{Signature("(DATE, VARCHAR) -> VARCHAR"),
                               row_kernel_with<PatternCache, int32_t, Text>(
                                   [](PatternCache& patterns, Cell& cell, int32_t value, Text pattern_text) {
                                     const DateTimePattern* pattern = patterns.find(pattern_text, cell);
                                     if (pattern == nullptr) return;
                                     std::string text;
                                     pattern->format_date(value, text);
                                     cell.set_copy(text);
                                   })}}});
}

}  // namespace millrace
