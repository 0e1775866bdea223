#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "runtime/decimal.h"
#include "runtime/function_registry.h"

namespace millrace {

namespace {

// Everywhere here halves go up, those of negative numbers as well: ROUND(-1.5) is -1, as in the base language.

// Drops the digits of an unscaled value from 10^dropped down.
Decimal round_digits(Decimal value, int dropped) {
  if (dropped <= 0) return value;
  if (dropped > decimal_digits_max) return 0;
  const Decimal unit = power_of_ten(dropped);
  const Decimal rest = value % unit;
  const Decimal whole = value - rest;
  // Not rest * 2, which may be too large.
  if (rest >= 0) return rest >= unit - rest ? whole + unit : whole;
  return -rest > unit + rest ? whole - unit : whole;
}

std::shared_ptr<Column> round_decimal(const FunctionCall& call) {
  const int precision = call.result.precision();
  const int scale = call.arguments[0]->type().scale();
  return row_kernel<Decimal>([precision, scale](Cell& cell, Decimal value) {
    const Decimal result = round_digits(value, scale) / power_of_ten(scale);
    if (!decimal_fits(result, precision))
      return cell.fail(RowErrorCode::overflow, "ROUND: the result has too many digits");
    cell.set(result);
  })(call);
}

// Keeps the type, and with it the zeros behind the places.
std::shared_ptr<Column> round_decimal_to(const FunctionCall& call) {
  const int precision = call.result.precision();
  const int scale = call.result.scale();
  return row_kernel<Decimal, int32_t>([precision, scale](Cell& cell, Decimal value, int32_t places) {
    const int dropped = scale - std::clamp(places, -decimal_digits_max - 1, decimal_digits_max);
    const Decimal result = round_digits(value, dropped);
    if (!decimal_fits(result, precision))
      return cell.fail(RowErrorCode::overflow, "ROUND: the result has too many digits");
    cell.set(result);
  })(call);
}

Type whole_type(const std::vector<Type>& arguments) {
  const Type& type = arguments[0];
  return Type::decimal(std::min(type.precision() - type.scale() + 1, decimal_digits_max), 0);
}

void round_double(Cell& cell, double value) {
  // Beyond the range of BIGINT the nearest of its ends, and 0 for NaN.
  const double rounded = std::floor(value) + (value - std::floor(value) >= 0.5 ? 1 : 0);
  if (std::isnan(rounded)) return cell.set<int64_t>(0);
  if (rounded >= 0x1p63) return cell.set(INT64_MAX);
  if (rounded < -0x1p63) return cell.set(INT64_MIN);
  cell.set(static_cast<int64_t>(rounded));
}

// Rounds the shortest decimal text of the number, so that 1.005 is the half that it looks like.
void round_double_to(Cell& cell, double value, int32_t places) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific).ptr;
  const std::string_view all(text.data(), static_cast<size_t>(end - text.data()));
  const size_t e = all.find('e');
  if (!std::isfinite(value) || e == std::string_view::npos) return cell.set(value);
  const bool negative = value < 0;
  int64_t digits = 0;
  int count = 0;
  for (const char c : all.substr(0, e)) {
    if (c < '0' || c > '9') continue;
    digits = digits * 10 + (c - '0');
    ++count;
  }
  int exponent = 0;  // of the last digit
  std::from_chars(all.data() + e + (all[e + 1] == '+' ? 2 : 1), end, exponent);
  exponent -= count - 1;
  const int64_t dropped = -int64_t{places} - exponent;
  if (dropped <= 0) return cell.set(value);
  if (dropped > count) return cell.set(negative ? -0.0 : 0.0);
  const auto rounded = static_cast<int64_t>(round_digits(negative ? -digits : digits, static_cast<int>(dropped)));
  double result = 0;
  const std::string number = std::to_string(rounded) + "e" + std::to_string(exponent);
  std::from_chars(number.data(), number.data() + number.size(), result);
  cell.set(result);
}

template <class T>
Kernel to_bigint() {
  return row_kernel<T>([](Cell& cell, T value) { cell.set<int64_t>(value); });
}

}  // namespace

void register_round(FunctionRegistry& registry) {
  registry.add(
      {.name = "ROUND",
       .group = "Numeric functions",
       .help = "The nearest whole number, or the nearest with so many decimal places; halves go up. Negative places "
               "round to tens, hundreds and so on.",
       .example = {"ROUND(1234.567, 1)", "1234.600"},
       .overloads = {{Signature("(INT) -> BIGINT"), to_bigint<int32_t>()},
                     {Signature("(BIGINT) -> BIGINT"), to_bigint<int64_t>()},
                     {Signature("(DOUBLE) -> BIGINT"), row_kernel<double>(round_double)},
                     {Signature("(DECIMAL) -> DECIMAL"), round_decimal, whole_type},
                     {Signature("(DOUBLE, INT) -> DOUBLE"), row_kernel<double, int32_t>(round_double_to)},
                     {Signature("(DECIMAL, INT) -> DECIMAL"), round_decimal_to,
                      [](const std::vector<Type>& arguments) { return arguments[0]; }}}});
}

}  // namespace millrace
