#include "connectors/format_refusal.h"

#include <fmt/format.h>

namespace millrace {

std::string unsupported_type(std::string_view format, const Field& field) {
  std::string kind = field.type.to_string();
  kind.resize(std::min(kind.find_first_of("(<"), kind.size()));
  return fmt::format("The '{}' format does not support type '{}', column: `{}`", format, kind, field.name);
}

std::string unsupported_wrapping(std::string_view format, bool wrap_single) {
  return fmt::format("Format '{}' does not support 'WRAP_SINGLE_VALUE' set to '{}'.", format, wrap_single);
}

}  // namespace millrace
