#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

namespace {

// The n-th occurrence that begins at a position or behind it; a negative position counts from the end, and the search
// then goes to the front. Occurrences may overlap.
void instr(Cell& cell, std::string_view text, std::string_view what, int32_t position, int32_t occurrence) {
  const auto size = static_cast<int64_t>(utf16_length(text));
  const int64_t start = position < 0 ? size + position : int64_t{position} - 1;
  cell.set<int32_t>(0);
  if (position == 0 || start < 0 || start >= size || occurrence < 1) return;
  size_t at = utf16_offset(text, static_cast<size_t>(start));
  for (int32_t n = 1;; ++n) {
    at = position < 0 ? text.rfind(what, at) : text.find(what, at);
    if (at == std::string_view::npos) return;
    if (n == occurrence) break;
    if (position < 0 && at == 0) return;
    at = position < 0 ? at - 1 : at + 1;
  }
  cell.set(static_cast<int32_t>(utf16_length(text.substr(0, at))) + 1);
}

}  // namespace

void register_instr(FunctionRegistry& registry) {
  using Text = std::string_view;
  registry.add(
      {.name = "INSTR",
       .group = "Strings",
       .help = "The position of a text in another, from 1; 0 where it is not. It is looked for from a position on, "
               "and its n-th occurrence is taken; from a negative position the search goes to the front.",
       .example = {"INSTR('corporate floor', 'or', 3, 2)", "14"},
       .overloads = {
           {Signature("(VARCHAR, VARCHAR) -> INT"),
            row_kernel<Text, Text>([](Cell& cell, Text text, Text what) { instr(cell, text, what, 1, 1); })},
           {Signature("(VARCHAR, VARCHAR, INT) -> INT"),
            row_kernel<Text, Text, int32_t>(
                [](Cell& cell, Text text, Text what, int32_t position) { instr(cell, text, what, position, 1); })},
           {Signature("(VARCHAR, VARCHAR, INT, INT) -> INT"), row_kernel<Text, Text, int32_t, int32_t>(instr)}}});
}

}  // namespace millrace
