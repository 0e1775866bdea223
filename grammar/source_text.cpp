#include "grammar/source_text.h"

#include <algorithm>

namespace millrace::syntax {

void refuse(SyntaxError::Kind kind, std::string message, Position position, std::string token) {
  throw Refusal{{kind, std::move(message), position, std::move(token), {}, {}}};
}

namespace {

// The length of the sequence that begins with `lead`, or 0 where none does.
size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

constexpr char32_t invalid_point = 0xFFFFFFFF;

// Decodes one code point and advances `offset`; invalid_point where the bytes are no UTF-8.
char32_t decode_point(std::string_view bytes, size_t& offset) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[offset + i]); };
  size_t length = sequence_length(byte(0));
  if (length == 0 || offset + length > bytes.size()) return invalid_point;
  char32_t point = length == 1 ? byte(0) : byte(0) & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return invalid_point;
    point = point << 6 | (byte(i) & 0x3Fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < least[length] || point > 0x10FFFF || surrogate) return invalid_point;
  offset += length;
  return point;
}

void append_utf8(std::string& out, char32_t point) {
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

}  // namespace

SourceText::SourceText(std::string_view bytes, size_t bytes_max) : bytes_max_(bytes_max) {
  if (bytes.size() > bytes_max) {
    refuse(SyntaxError::Kind::too_large,
           "the text has " + std::to_string(bytes.size()) + " bytes; the limit is " + std::to_string(bytes_max),
           {1, 1});
  }
  points_.reserve(bytes.size());
  line_begins_.push_back(0);
  for (size_t offset = 0; offset < bytes.size();) {
    char32_t point = decode_point(bytes, offset);
    if (point == invalid_point) {
      refuse(SyntaxError::Kind::invalid, "the text is not valid UTF-8 at byte " + std::to_string(offset + 1),
             position(points_.size()));
    }
    points_.push_back(point);
    if (point == '\n') line_begins_.push_back(points_.size());
  }
}

Position SourceText::position(size_t index) const {
  size_t original = original_index(index);
  auto line = std::upper_bound(line_begins_.begin(), line_begins_.end(), original) - 1;
  return {static_cast<int>(line - line_begins_.begin()) + 1, static_cast<int>(original - *line) + 1};
}

size_t SourceText::original_index(size_t index) const {
  auto after = std::upper_bound(replaced_.begin(), replaced_.end(), index,
                                [](size_t i, const Replaced& r) { return i < r.begin; });
  if (after == replaced_.begin()) return index;
  const Replaced& before = *(after - 1);
  return index < before.end ? before.original_begin : before.original_end + (index - before.end);
}

std::string SourceText::utf8(size_t begin, size_t end) const {
  std::u32string_view points = points_;
  end = std::min(end, points.size());
  return begin < end ? to_utf8(points.substr(begin, end - begin)) : std::string();
}

void SourceText::replace(const std::vector<Replacement>& replacements) {
  std::u32string written;
  size_t copied = 0;
  for (const Replacement& replacement : replacements) {
    written.append(points_, copied, replacement.begin - copied);
    size_t begin = written.size();
    written.append(replacement.value);
    replaced_.push_back({begin, written.size(), replacement.begin, replacement.end});
    copied = replacement.end;
  }
  written.append(points_, copied);
  points_ = std::move(written);
}

std::string to_utf8(std::u32string_view points) {
  std::string out;
  out.reserve(points.size());
  for (char32_t point : points) append_utf8(out, point);
  return out;
}

std::u32string to_code_points(std::string_view valid_utf8) {
  std::u32string points;
  for (size_t offset = 0; offset < valid_utf8.size();) {
    char32_t point = decode_point(valid_utf8, offset);
    if (point == invalid_point) {
      point = 0xFFFD;
      ++offset;
    }
    points.push_back(point);
  }
  return points;
}

}  // namespace millrace::syntax
