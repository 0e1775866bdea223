#include "runtime/function_registry.h"

namespace millrace {

void register_trim(FunctionRegistry& registry) {
  const auto is_space = [](char c) { return static_cast<unsigned char>(c) <= ' '; };
  registry.add({.name = "TRIM",
                .group = "Strings",
                .help = "The text without the spaces and control characters at its ends.",
                .example = {"TRIM('  a b ')", "'a b'"},
                .overloads = {{Signature("(VARCHAR) -> VARCHAR"),
                               row_kernel<std::string_view>([is_space](Cell& cell, std::string_view text) {
                                 while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
                                 while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
                                 cell.set(text);
                               })}}});
}

}  // namespace millrace
