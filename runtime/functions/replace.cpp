#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

namespace {

// Nothing is found before, between and behind all characters.
void replace_nothing(std::string_view text, std::string_view with, std::string& out) {
  out += with;
  for (size_t i = 0; i < text.size();) {
    const size_t size = character_bytes(text[i]);
    out.append(text.substr(i, size)).append(with);
    i += size;
  }
}

void replace(Cell& cell, std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  if (what.empty()) {
    replace_nothing(text, with, out);
    return cell.set_copy(out);
  }
  size_t at = text.find(what);
  if (at == std::string_view::npos) return cell.set(text);
  for (; at != std::string_view::npos; at = text.find(what)) {
    out.append(text.substr(0, at)).append(with);
    text.remove_prefix(at + what.size());
  }
  cell.set_copy(out.append(text));
}

}  // namespace

void register_replace(FunctionRegistry& registry) {
  registry.add({.name = "REPLACE",
                .group = "Strings",
                .help = "The text with every occurrence of the second text replaced by the third.",
                .example = {"REPLACE('anaconda', 'a', 'o')", "'onocondo'"},
                .overloads = {{Signature("(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR"),
                               row_kernel<std::string_view, std::string_view, std::string_view>(replace)}}});
}

}  // namespace millrace
