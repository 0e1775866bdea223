#include "runtime/number_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace millrace {

namespace {

// "d.dddde±xx" to Java's "d.ddddE±xx".
void append_scientific(double value, std::string& out) {
  std::array<char, 32> text;
  char* const limit = text.data() + text.size();
  const char* end = std::to_chars(text.data(), limit, value, std::chars_format::scientific).ptr;
  if (text[value < 0 ? 2 : 1] == 'e') {
    // One digit is enough; Java takes the nearest two all the same: 4.9E-324.
    end = std::to_chars(text.data(), limit, value, std::chars_format::scientific, 1).ptr;
  }
  const std::string_view all(text.data(), static_cast<size_t>(end - text.data()));
  const size_t e = all.find('e');
  const std::string_view digits = all.substr(0, e);
  std::string_view exponent = all.substr(e + 1);
  out += digits;
  out += 'E';
  if (exponent[0] == '-') out += '-';
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent[0] == '0') exponent.remove_prefix(1);
  out += exponent;
}

template <class T>
NumberText parse_whole(std::string_view text, T& out) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return NumberText::malformed;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return NumberText::malformed;
  return error == std::errc::result_out_of_range ? NumberText::out_of_range : NumberText::ok;
}

}  // namespace

void append_double(double value, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-3 || size >= 1e7)) {
    append_scientific(value, out);
    return;
  }
  std::array<char, 40> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  const std::string_view digits(text.data(), static_cast<size_t>(end - text.data()));
  out += digits;
  if (digits.find('.') == std::string_view::npos) out += ".0";
}

void append_integer(int64_t value, std::string& out) {
  std::array<char, 24> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

NumberText parse_integer(std::string_view text, int32_t& out) { return parse_whole(text, out); }
NumberText parse_integer(std::string_view text, int64_t& out) { return parse_whole(text, out); }

NumberText parse_double(std::string_view text, double& out) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "NaN" || text == "Infinity") {
    out = text == "NaN" ? std::nan("") : HUGE_VAL;
  } else {
    // from_chars knows further spellings of what is not a number.
    if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return NumberText::malformed;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument) return NumberText::malformed;
    if (error == std::errc::result_out_of_range) {
      // It does not say on which side; strtod does.
      out = std::strtod(std::string(text).c_str(), nullptr);
      if (std::isinf(out)) return NumberText::out_of_range;
    }
  }
  if (negative) out = -out;
  return NumberText::ok;
}

}  // namespace millrace
