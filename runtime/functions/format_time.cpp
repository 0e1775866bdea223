#include "runtime/function_registry.h"
#include "runtime/functions/pattern_cache.h"

namespace millrace {

void register_format_time(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add({.name = "FORMAT_TIME",
                .group = "Date and time",
                .help = "A TIME as text, by a pattern as Java's DateTimeFormatter has them.",
                .example = {"FORMAT_TIME(CAST('13:05:00' AS TIME), 'h:mm a')", "'1:05 PM'"},
                .overloads = {{Signature("(TIME, VARCHAR) -> VARCHAR"),
                               row_kernel_with<PatternCache, int32_t, Text>(
                                   [](PatternCache& patterns, Cell& cell, int32_t value, Text pattern_text) {
                                     const DateTimePattern* pattern = patterns.find(pattern_text, cell);
                                     if (pattern == nullptr) return;
                                     std::string text;
                                     pattern->format_time(value, text);
                                     cell.set_copy(text);
                                   })}}});
}

}  // namespace millrace
