#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

void register_ucase(FunctionRegistry& registry) {
  registry.add({.name = "UCASE",
                .group = "Strings",
                .help = "The text with every letter in upper case.",
                .example = {"UCASE('Straße 7é')", "'STRAßE 7É'"},
                .overloads = {{Signature("(VARCHAR) -> VARCHAR"),
                               row_kernel<std::string_view>([](Cell& cell, std::string_view text) {
                                 std::string upper;
                                 append_upper(text, upper);
                                 cell.set_copy(upper);
                               })}}});
}

}  // namespace millrace
