// Numbers as text, as the base language prints and reads them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

// The shortest digits that read back as the value, in Java's form: 1.0, 0.001, 1.0E10, 1.234E-5, NaN, -Infinity.
void append_double(double value, std::string& out);
void append_integer(int64_t value, std::string& out);

enum class NumberText : uint8_t { ok, malformed, out_of_range };

// [+-]digits, nothing else.
NumberText parse_integer(std::string_view text, int32_t& out);
NumberText parse_integer(std::string_view text, int64_t& out);
// Decimal notation with or without exponent, NaN and [+-]Infinity. What is too small becomes 0; what is too large is
// out of range.
NumberText parse_double(std::string_view text, double& out);

}  // namespace millrace
