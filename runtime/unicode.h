// Characters of UTF-8 text. Positions and lengths count as UTF-16 does, which is what the base language does: most
// characters are one, those beyond U+FFFF two.
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

size_t utf16_length(std::string_view text);
// The byte at which the character begins that has unit `index`, from 0; the text's size where it has fewer.
size_t utf16_offset(std::string_view text, size_t index);

// By Unicode's simple mappings: one character for one, so ß stays what it is.
void append_upper(std::string_view text, std::string& out);
void append_lower(std::string_view text, std::string& out);

}  // namespace millrace
