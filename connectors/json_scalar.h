// One JSON scalar to one element of a column.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "runtime/column.h"

namespace millrace {

enum class JsonScalar : uint8_t { value, null, malformed, wrong_type, out_of_range };

// `token` is one token, not a brace or bracket; `out` has `row`, or is null where the value is only checked. Text
// without escapes stays where the token is. `scratch` is memory to reuse.
JsonScalar read_json_scalar(const Type& type, std::string_view token, Column* out, size_t row, std::string& scratch);

// Whole numbers of up to 18 digits, as nearly all are; false where the long way is needed to know what it is.
inline bool read_plain_whole(std::string_view token, int64_t& value) {
  const bool negative = token[0] == '-';
  const char* p = token.data() + (negative ? 1 : 0);
  size_t left = token.size() - (negative ? 1 : 0);
  if (left == 0 || left > 18 || (*p == '0' && left > 1)) return false;
  uint64_t number = 0;
  if (left >= 8) {
    // Eight digits at once: all bytes are between '0' and '9'; then pairs, quadruples and the whole.
    uint64_t digits;
    std::memcpy(&digits, p, 8);
    const uint64_t beyond_nine = ((digits + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4;
    if (((digits & 0xF0F0F0F0F0F0F0F0) | beyond_nine) != 0x3333333333333333) return false;
    digits = ((digits & 0x0F0F0F0F0F0F0F0F) * 2561) >> 8;
    digits = ((digits & 0x00FF00FF00FF00FF) * 6553601) >> 16;
    number = ((digits & 0x0000FFFF0000FFFF) * 42949672960001) >> 32;
    p += 8;
    left -= 8;
  }
  for (; left != 0; --left, ++p) {
    const auto digit = static_cast<uint64_t>(*p) - '0';
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  value = negative ? -static_cast<int64_t>(number) : static_cast<int64_t>(number);
  return true;
}

// Whether a value that nobody needs is right for a whole number's type: digits only, so few that they fit. False where
// the long way is needed to know.
inline bool is_plain_whole(std::string_view token, TypeKind kind) {
  const size_t digits_max = kind == TypeKind::integer                                 ? 9
                            : kind == TypeKind::bigint || kind == TypeKind::timestamp ? 18
                                                                                      : 0;
  const char* p = token.data();
  size_t left = token.size();
  if (left > digits_max || (*p == '0' && left > 1)) return false;
  const auto eight_digits = [](const char* at) {
    uint64_t digits;
    std::memcpy(&digits, at, 8);
    const uint64_t beyond_nine = ((digits + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4;
    return ((digits & 0xF0F0F0F0F0F0F0F0) | beyond_nine) == 0x3333333333333333;
  };
  // The last eight overlap those before.
  if (left >= 8 && !eight_digits(p + left - 8)) return false;
  for (; left > 16; --left, ++p)
    if (static_cast<uint64_t>(*p) - '0' > 9) return false;
  if (left >= 8) return eight_digits(p);
  for (; left != 0; --left, ++p)
    if (static_cast<uint64_t>(*p) - '0' > 9) return false;
  return true;
}

// The same for numbers of up to 15 digits without an exponent.
inline bool read_plain_double(std::string_view token, double& value) {
  constexpr double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  constexpr size_t digits_max = 15;
  const bool negative = token[0] == '-';
  const char* const begin = token.data() + (negative ? 1 : 0);
  const char* const end = token.data() + token.size();
  const char* point = nullptr;
  uint64_t number = 0;
  for (const char* p = begin; p != end; ++p) {
    const auto digit = static_cast<uint64_t>(*p) - '0';
    if (digit <= 9) {
      number = number * 10 + digit;
    } else {
      if (*p != '.' || point != nullptr) return false;
      point = p;
    }
  }
  const auto size = static_cast<size_t>(end - begin);
  const size_t whole = point == nullptr ? size : static_cast<size_t>(point - begin);
  const size_t fraction = point == nullptr ? 0 : size - whole - 1;
  if (whole == 0 || (point != nullptr && fraction == 0) || whole + fraction > digits_max) return false;
  if (*begin == '0' && whole > 1) return false;
  // Both are exact as doubles, so one division rounds right.
  value = static_cast<double>(number) / powers[fraction];
  if (negative) value = -value;
  return true;
}

}  // namespace millrace
