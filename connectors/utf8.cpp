#include "connectors/utf8.h"

#include <simdjson.h>

#include <algorithm>

namespace millrace {

namespace {

constexpr size_t excerpt_bytes_max = 100;

// Length of the character that begins with `lead`, 1 for what begins none.
size_t character_bytes(unsigned char lead) {
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

}  // namespace

bool is_utf8(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

std::string excerpt(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    const size_t size = std::min(character_bytes(lead), bytes.size() - i);
    if (i + size > excerpt_bytes_max) return out + "…";
    const std::string_view character = bytes.substr(i, size);
    if (lead < 0x20 || lead == 0x7F) {
      out += ' ';
      ++i;
    } else if (is_utf8(character)) {
      out += character;
      i += size;
    } else {
      out += '?';
      ++i;
    }
  }
  return out;
}

}  // namespace millrace
