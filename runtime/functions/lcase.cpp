#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

void register_lcase(FunctionRegistry& registry) {
  registry.add({.name = "LCASE",
                .group = "Strings",
                .help = "The text with every letter in lower case.",
                .example = {"LCASE('ABC É')", "'abc é'"},
                .overloads = {{Signature("(VARCHAR) -> VARCHAR"),
                               row_kernel<std::string_view>([](Cell& cell, std::string_view text) {
                                 std::string lower;
                                 append_lower(text, lower);
                                 cell.set_copy(lower);
                               })}}});
}

}  // namespace millrace
