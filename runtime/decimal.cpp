#include "runtime/decimal.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "runtime/check.h"

namespace millrace {

namespace {

__extension__ typedef unsigned __int128 Magnitude;

constexpr std::array<Decimal, decimal_digits_max + 1> powers = [] {
  std::array<Decimal, decimal_digits_max + 1> table{};
  Decimal power = 1;
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] = power;
    if (i + 1 < table.size()) power *= 10;
  }
  return table;
}();

Decimal power(int exponent) { return powers[static_cast<size_t>(exponent)]; }

Magnitude magnitude(Decimal value) {
  return value < 0 ? -static_cast<Magnitude>(value) : static_cast<Magnitude>(value);
}

// An unsigned number of 256 bits: what exact products and quotients of 38 digits need before they are rounded.
struct Wide {
  Magnitude high = 0;
  Magnitude low = 0;

  bool operator<(const Wide& other) const { return high != other.high ? high < other.high : low < other.low; }

  Wide operator-(const Wide& other) const { return {high - other.high - (low < other.low ? 1 : 0), low - other.low}; }
  Wide operator+(const Wide& other) const {
    const Magnitude sum = low + other.low;
    return {high + other.high + (sum < low ? 1 : 0), sum};
  }
  Wide doubled(bool bit) const { return {(high << 1) | (low >> 127), (low << 1) | (bit ? 1 : 0)}; }
  bool bit(int i) const { return ((i < 128 ? low >> i : high >> (i - 128)) & 1) != 0; }
};

Wide product(Magnitude a, Magnitude b) {
  constexpr Magnitude half = ~uint64_t{0};
  const Magnitude low = (a & half) * (b & half);
  const Magnitude middle_a = (a >> 64) * (b & half);
  const Magnitude middle_b = (a & half) * (b >> 64);
  const Magnitude carry = (low >> 64) + (middle_a & half) + (middle_b & half);
  return {(a >> 64) * (b >> 64) + (middle_a >> 64) + (middle_b >> 64) + (carry >> 64), (carry << 64) | (low & half)};
}

// value * 10^exponent; false where 256 bits are too few.
bool scale_up(Wide& value, int exponent) {
  while (exponent > 0) {
    const int step = std::min(exponent, decimal_digits_max);
    const auto factor = static_cast<Magnitude>(power(step));
    const Wide high = product(value.high, factor);
    if (high.high != 0) return false;
    const Wide low = product(value.low, factor);
    value = {low.high + high.low, low.low};
    if (value.high < high.low) return false;
    exponent -= step;
  }
  return true;
}

struct Division {
  Wide quotient;
  Wide remainder;
};

Division divide(const Wide& a, const Wide& b) {
  if (a.high == 0 && b.high == 0) return {{0, a.low / b.low}, {0, a.low % b.low}};
  Division result;
  for (int i = 255; i >= 0; --i) {
    result.remainder = result.remainder.doubled(a.bit(i));
    const bool fits = !(result.remainder < b);
    if (fits) result.remainder = result.remainder - b;
    result.quotient = result.quotient.doubled(fits);
  }
  return result;
}

// a / b, halves up. `b` is below 2^255.
Wide divide_rounded(const Wide& a, const Wide& b) {
  Division division = divide(a, b);
  if (!(division.remainder.doubled(false) < b)) division.quotient = division.quotient + Wide{0, 1};
  return division.quotient;
}

// Brings `value` from one scale to another, halves up; false where it is too large in any case.
bool move_scale(Wide& value, int from, int to) {
  if (from <= to) return scale_up(value, to - from);
  for (; from - to > decimal_digits_max; from -= decimal_digits_max)
    value = divide(value, {0, static_cast<Magnitude>(power(decimal_digits_max))}).quotient;
  value = divide_rounded(value, {0, static_cast<Magnitude>(power(from - to))});
  return true;
}

bool finish(const Wide& value, bool negative, int precision, Decimal& out) {
  if (value.high != 0 || value.low >= static_cast<Magnitude>(power(precision))) return false;
  out = static_cast<Decimal>(value.low);
  if (negative) out = -out;
  return true;
}

// a * 10^exponent without 256 bits, where that is enough.
bool scale_up_narrow(Decimal value, int exponent, Decimal& out) {
  return exponent <= decimal_digits_max && !__builtin_mul_overflow(value, power(exponent), &out);
}

Type bounded(int precision, int scale) {
  if (precision <= decimal_digits_max) return Type::decimal(precision, scale);
  const int digits_lost = precision - decimal_digits_max;
  return Type::decimal(decimal_digits_max, std::max(scale - digits_lost, std::min(scale, 6)));
}

}  // namespace

Decimal power_of_ten(int exponent) {
  MILLRACE_CHECK(exponent >= 0 && exponent <= decimal_digits_max);
  return power(exponent);
}

bool decimal_fits(Decimal unscaled, int precision) {
  return unscaled < power(precision) && unscaled > -power(precision);
}

// --- text ------------------------------------------------------------------------------------------------------------

namespace {

// A number taken apart: its digits without leading zeros, as pieces of the text, and where the point is.
struct Digits {
  bool negative = false;
  std::string_view whole;     // before the point
  std::string_view fraction;  // after it
  int64_t scale = 0;          // digits after the point once the exponent is applied
};

std::string_view take_digits(std::string_view& text) {
  size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

bool take_exponent(std::string_view& text, int64_t& exponent) {
  text.remove_prefix(1);
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return false;
  // Beyond a billion it makes no difference.
  for (char digit : digits) exponent = std::min<int64_t>(exponent * 10 + (digit - '0'), 1'000'000'000);
  if (negative) exponent = -exponent;
  return true;
}

bool take_apart(std::string_view text, Digits& digits) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    digits.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  digits.whole = take_digits(text);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    digits.fraction = take_digits(text);
  }
  if (digits.whole.empty() && digits.fraction.empty()) return false;
  int64_t exponent = 0;
  if (!text.empty() && (text[0] == 'e' || text[0] == 'E') && !take_exponent(text, exponent)) return false;
  digits.scale = static_cast<int64_t>(digits.fraction.size()) - exponent;
  const auto significant = [](std::string_view part) {
    return part.substr(std::min(part.find_first_not_of('0'), part.size()));
  };
  digits.whole = significant(digits.whole);
  if (digits.whole.empty()) digits.fraction = significant(digits.fraction);
  return text.empty();
}

}  // namespace

DecimalText parse_decimal(std::string_view text, int precision, int scale, Rounding rounding, Decimal& out) {
  Digits digits;
  if (!take_apart(text, digits)) return DecimalText::malformed;
  const auto count = static_cast<int64_t>(digits.whole.size() + digits.fraction.size());
  // How many of the digits lie before the place where the scale ends.
  const int64_t kept = count + scale - digits.scale;
  out = 0;
  if (count == 0) return DecimalText::ok;
  if (kept > decimal_digits_max) return DecimalText::overflow;
  Magnitude value = 0;
  bool round_up = false;
  bool rest = kept < 0;
  int64_t i = 0;
  for (const std::string_view part : {digits.whole, digits.fraction}) {
    for (const char c : part) {
      if (i < kept) {
        value = value * 10 + static_cast<Magnitude>(c - '0');
      } else {
        if (i == kept) round_up = c >= '5';
        rest |= c != '0';
      }
      ++i;
    }
  }
  if (kept > count) value *= static_cast<Magnitude>(power(static_cast<int>(kept - count)));
  if (rest && rounding == Rounding::none) return DecimalText::inexact;
  if (round_up) ++value;
  return finish({0, value}, digits.negative, precision, out) ? DecimalText::ok : DecimalText::overflow;
}

void append_decimal(Decimal unscaled, int scale, std::string& out) {
  std::array<char, decimal_digits_max + 4> text;
  char* const end = text.data() + text.size();
  char* begin = end;
  Magnitude rest = magnitude(unscaled);
  const auto put = [&](uint64_t digit) {
    if (end - begin == scale && scale > 0) *--begin = '.';
    *--begin = static_cast<char>('0' + digit);
  };
  while (rest > ~uint64_t{0}) {
    put(static_cast<uint64_t>(rest % 10));
    rest /= 10;
  }
  for (auto small = static_cast<uint64_t>(rest); small != 0; small /= 10) put(small % 10);
  const int width = scale == 0 ? 1 : scale + 2;  // of 0.00
  while (end - begin < width) put(0);
  if (unscaled < 0) out += '-';
  out.append(begin, end);
}

// --- types -----------------------------------------------------------------------------------------------------------

Type decimal_type_of(const Type& type) {
  switch (type.kind()) {
    case TypeKind::integer:
      return Type::decimal(10, 0);
    case TypeKind::bigint:
      return Type::decimal(19, 0);
    default:
      MILLRACE_CHECK(type.is(TypeKind::decimal));
      return type;
  }
}

Type decimal_sum_type(const Type& a, const Type& b) {
  const int scale = std::max(a.scale(), b.scale());
  return bounded(std::max(a.precision() - a.scale(), b.precision() - b.scale()) + scale + 1, scale);
}

Type decimal_product_type(const Type& a, const Type& b) {
  return bounded(a.precision() + b.precision() + 1, a.scale() + b.scale());
}

Type decimal_quotient_type(const Type& a, const Type& b) {
  const int scale = std::max(6, a.scale() + b.precision() + 1);
  return bounded(a.precision() - a.scale() + b.scale() + scale, scale);
}

Type decimal_remainder_type(const Type& a, const Type& b) {
  const int scale = std::max(a.scale(), b.scale());
  return bounded(std::max(1, std::min(a.precision() - a.scale(), b.precision() - b.scale()) + scale), scale);
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

bool decimal_rescale(ScaledDecimal value, int precision, int scale, Decimal& out) {
  Decimal narrow;
  if (value.scale <= scale && scale_up_narrow(value.unscaled, scale - value.scale, narrow)) {
    out = narrow;
    return decimal_fits(narrow, precision);
  }
  Wide wide{0, magnitude(value.unscaled)};
  return move_scale(wide, value.scale, scale) && finish(wide, value.unscaled < 0, precision, out);
}

bool decimal_add(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out) {
  const int common = std::max(a.scale, b.scale);
  Decimal x;
  Decimal y;
  Decimal sum;
  if (common == type.scale() && scale_up_narrow(a.unscaled, common - a.scale, x) &&
      scale_up_narrow(b.unscaled, common - b.scale, y) && !__builtin_add_overflow(x, y, &sum)) {
    out = sum;
    return decimal_fits(sum, type.precision());
  }
  Wide wide_a{0, magnitude(a.unscaled)};
  Wide wide_b{0, magnitude(b.unscaled)};
  if (!scale_up(wide_a, common - a.scale) || !scale_up(wide_b, common - b.scale)) return false;
  bool negative = a.unscaled < 0;
  Wide wide;
  if (negative == (b.unscaled < 0)) {
    wide = wide_a + wide_b;
  } else if (!(wide_a < wide_b)) {
    wide = wide_a - wide_b;
  } else {
    wide = wide_b - wide_a;
    negative = !negative;
  }
  return move_scale(wide, common, type.scale()) && finish(wide, negative, type.precision(), out);
}

bool decimal_subtract(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out) {
  return decimal_add(a, {-b.unscaled, b.scale}, type, out);
}

bool decimal_multiply(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out) {
  Decimal narrow;
  if (a.scale + b.scale == type.scale() && !__builtin_mul_overflow(a.unscaled, b.unscaled, &narrow)) {
    out = narrow;
    return decimal_fits(narrow, type.precision());
  }
  Wide wide = product(magnitude(a.unscaled), magnitude(b.unscaled));
  return move_scale(wide, a.scale + b.scale, type.scale()) &&
         finish(wide, (a.unscaled < 0) != (b.unscaled < 0), type.precision(), out);
}

bool decimal_divide(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out) {
  Wide dividend{0, magnitude(a.unscaled)};
  Wide divisor{0, magnitude(b.unscaled)};
  const int shift = type.scale() + b.scale - a.scale;
  // A dividend beyond 2^256 over a divisor below 10^38 is beyond 38 digits.
  if (shift > 0 && !scale_up(dividend, shift)) return false;
  if (shift < 0) scale_up(divisor, -shift);  // below 10^76
  return finish(divide_rounded(dividend, divisor), (a.unscaled < 0) != (b.unscaled < 0), type.precision(), out);
}

bool decimal_remainder(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out) {
  const int common = std::max(a.scale, b.scale);
  Wide dividend{0, magnitude(a.unscaled)};
  Wide divisor{0, magnitude(b.unscaled)};
  if (!scale_up(dividend, common - a.scale) || !scale_up(divisor, common - b.scale)) return false;
  Wide rest = divide(dividend, divisor).remainder;
  return move_scale(rest, common, type.scale()) && finish(rest, a.unscaled < 0, type.precision(), out);
}

int decimal_compare(ScaledDecimal a, ScaledDecimal b) {
  const int common = std::max(a.scale, b.scale);
  const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  Decimal x;
  Decimal y;
  if (scale_up_narrow(a.unscaled, common - a.scale, x) && scale_up_narrow(b.unscaled, common - b.scale, y))
    return order(x, y);
  if ((a.unscaled < 0) != (b.unscaled < 0)) return a.unscaled < 0 ? -1 : 1;
  Wide wide_a{0, magnitude(a.unscaled)};
  Wide wide_b{0, magnitude(b.unscaled)};
  scale_up(wide_a, common - a.scale);
  scale_up(wide_b, common - b.scale);
  return a.unscaled < 0 ? order(wide_b, wide_a) : order(wide_a, wide_b);
}

// --- doubles ---------------------------------------------------------------------------------------------------------

double decimal_to_double(ScaledDecimal value) {
  // Both are exact as doubles, so one division rounds right.
  constexpr Decimal exact = Decimal{1} << 53;
  if (value.scale <= 22 && value.unscaled <= exact && value.unscaled >= -exact)
    return static_cast<double>(value.unscaled) / static_cast<double>(power(value.scale));
  std::string text;
  append_decimal(value.unscaled, value.scale, text);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

bool decimal_from_double(double value, int precision, int scale, Decimal& out) {
  if (!std::isfinite(value)) return false;
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return parse_decimal({text.data(), static_cast<size_t>(end - text.data())}, precision, scale, Rounding::half_up,
                       out) == DecimalText::ok;
}

bool decimal_to_bigint(ScaledDecimal value, int64_t& out) {
  const Decimal whole = value.unscaled / power(value.scale);
  out = static_cast<int64_t>(whole);
  return out == whole;
}

}  // namespace millrace
