#include "runtime/unicode.h"

#include <clocale>
#include <cwctype>

#include <algorithm>

namespace millrace {

namespace {

// glibc's own tables; they come with it, not with a package of locales.
locale_t unicode_locale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr));
  return locale;
}

void append_character(uint32_t code, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

template <class Ascii, class Wide>
void append_mapped(std::string_view text, std::string& out, Ascii ascii, Wide wide) {
  for (size_t i = 0; i < text.size();) {
    const size_t size = character_bytes(text[i]);
    if (size == 1 || i + size > text.size()) {
      out += ascii(text[i]);
      ++i;
      continue;
    }
    uint32_t code = static_cast<unsigned char>(text[i]) & (0xFFU >> (size + 1));
    for (size_t k = 1; k < size; ++k) code = code << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3F);
    const auto mapped = static_cast<uint32_t>(wide(static_cast<wint_t>(code), unicode_locale()));
    if (mapped < 0x80)
      out += static_cast<char>(mapped);
    else
      append_character(mapped, out);
    i += size;
  }
}

}  // namespace

size_t utf16_length(std::string_view text) {
  size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

size_t utf16_offset(std::string_view text, size_t index) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t bytes = character_bytes(text[at]);
    const size_t units = bytes == 4 ? 2 : 1;
    if (index < units) break;
    index -= units;
    at += bytes;
  }
  return std::min(at, text.size());
}

void append_upper(std::string_view text, std::string& out) {
  append_mapped(
      text, out, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }, towupper_l);
}

void append_lower(std::string_view text, std::string& out) {
  append_mapped(
      text, out, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }, towlower_l);
}

}  // namespace millrace
