// DECIMAL(p, s): exact numbers of at most 38 digits, kept as an unscaled 128-bit integer.
//
// Results have the base language's precision and scale; where those pass 38 digits the scale gives way, but keeps six
// digits. Every operation that returns bool is false on overflow: the result does not fit its precision.
#pragma once

#include <string>
#include <string_view>

#include "runtime/type.h"

namespace millrace {

inline constexpr int decimal_digits_max = 38;

// 10^exponent for 0 <= exponent <= 38.
Decimal power_of_ten(int exponent);
// Whether the unscaled value has at most `precision` digits.
bool decimal_fits(Decimal unscaled, int precision);

enum class DecimalText : uint8_t {
  ok,
  malformed,  // not a number
  inexact,    // needs more digits after the point than the scale has
  overflow,   // needs more digits than the precision has
};
enum class Rounding : uint8_t { none, half_up };

// [+-]digits[.digits][e[+-]digits] to the unscaled value of DECIMAL(precision, scale). With Rounding::none a value that
// has further digits, other than zeros, is `inexact`.
DecimalText parse_decimal(std::string_view text, int precision, int scale, Rounding rounding, Decimal& out);
// Plain, with exactly `scale` digits after the point.
void append_decimal(Decimal unscaled, int scale, std::string& out);

// The DECIMAL type that holds every INTEGER, BIGINT or DECIMAL of this type.
Type decimal_type_of(const Type& type);
// Types of results, of two DECIMAL types.
Type decimal_sum_type(const Type& a, const Type& b);  // and of a difference
Type decimal_product_type(const Type& a, const Type& b);
Type decimal_quotient_type(const Type& a, const Type& b);
Type decimal_remainder_type(const Type& a, const Type& b);

// A value with its scale.
struct ScaledDecimal {
  Decimal unscaled = 0;
  int scale = 0;
};

// To another scale, halves away from zero.
bool decimal_rescale(ScaledDecimal value, int precision, int scale, Decimal& out);
// `type` is the type of the result, which may be any DECIMAL; digits beyond its scale are rounded, halves away from
// zero.
bool decimal_add(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out);
bool decimal_subtract(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out);
bool decimal_multiply(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out);
// `b` is not 0.
bool decimal_divide(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out);
// `b` is not 0; the result has the sign of `a`.
bool decimal_remainder(ScaledDecimal a, ScaledDecimal b, const Type& type, Decimal& out);
// < 0, 0, > 0.
int decimal_compare(ScaledDecimal a, ScaledDecimal b);

// The nearest double.
double decimal_to_double(ScaledDecimal value);
// By the shortest text that reads back as `value`, so 0.1 is 0.1. NaN and infinities overflow.
bool decimal_from_double(double value, int precision, int scale, Decimal& out);
// Drops what lies after the point. False where it does not fit.
bool decimal_to_bigint(ScaledDecimal value, int64_t& out);

}  // namespace millrace
