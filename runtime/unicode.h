// Characters of UTF-8 text: Unicode code points, which is what positions and lengths count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

// Bytes of the character that begins with `lead`.
inline size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}
// Whether a byte is inside a character, not at its beginning.
inline bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

size_t count_characters(std::string_view text);
// The byte at which character `index`, from 0, begins; the text's size where it has fewer.
size_t character_offset(std::string_view text, size_t index);

// By Unicode's simple mappings: one character for one, so ß stays what it is.
void append_upper(std::string_view text, std::string& out);
void append_lower(std::string_view text, std::string& out);

}  // namespace millrace
