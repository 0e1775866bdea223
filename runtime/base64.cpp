#include "runtime/base64.h"

#include <absl/strings/escaping.h>

namespace millrace {

// Debian's absl has a string_view of its own.

void append_base64(std::string_view bytes, std::string& out) {
  out += absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
}

bool parse_base64(std::string_view text, std::string& out) {
  return absl::Base64Unescape(absl::string_view(text.data(), text.size()), &out);
}

}  // namespace millrace
