#include "runtime/decimal.h"

#include <gtest/gtest.h>

#include <random>

namespace millrace {
namespace {

// The unscaled value of a text with all its digits.
ScaledDecimal decimal(std::string_view text) {
  const size_t point = text.find('.');
  const int scale = point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
  ScaledDecimal value{0, scale};
  EXPECT_EQ(parse_decimal(text, 38, scale, Rounding::none, value.unscaled), DecimalText::ok) << text;
  return value;
}

Type type_of(int precision, int scale) { return Type::decimal(precision, scale); }

std::string text_of(Decimal unscaled, int scale) {
  std::string text;
  append_decimal(unscaled, scale, text);
  return text;
}

using Operation = bool (*)(ScaledDecimal, ScaledDecimal, const Type&, Decimal&);

std::string apply(Operation operation, std::string_view a, std::string_view b, const Type& type) {
  Decimal out = 0;
  return operation(decimal(a), decimal(b), type, out) ? text_of(out, type.scale()) : "overflow";
}

const std::string nines(38, '9');

TEST(Decimal, Text) {
  EXPECT_EQ(text_of(0, 0), "0");
  EXPECT_EQ(text_of(0, 3), "0.000");
  EXPECT_EQ(text_of(-5, 2), "-0.05");
  EXPECT_EQ(text_of(12345, 2), "123.45");
  EXPECT_EQ(text_of(12345, 5), "0.12345");
  EXPECT_EQ(text_of(decimal("-" + nines).unscaled, 0), "-" + nines);
  EXPECT_EQ(text_of(decimal(nines).unscaled, 38), "0." + nines);
}

TEST(Decimal, ParsesWithScale) {
  const auto parse = [](std::string_view text, int precision, int scale, Rounding rounding = Rounding::none) {
    Decimal out = 0;
    switch (parse_decimal(text, precision, scale, rounding, out)) {
      case DecimalText::ok:
        return text_of(out, scale);
      case DecimalText::malformed:
        return std::string("malformed");
      case DecimalText::inexact:
        return std::string("inexact");
      case DecimalText::overflow:
        return std::string("overflow");
    }
    return std::string();
  };
  EXPECT_EQ(parse("1", 4, 2), "1.00");
  EXPECT_EQ(parse("-.5", 4, 2), "-0.50");
  EXPECT_EQ(parse("5.", 4, 2), "5.00");
  EXPECT_EQ(parse("000099.99000", 4, 2), "99.99");
  EXPECT_EQ(parse("1.5e1", 4, 2), "15.00");
  EXPECT_EQ(parse("15E-1", 4, 2), "1.50");
  EXPECT_EQ(parse("0e999999999999999999999", 4, 2), "0.00");
  EXPECT_EQ(parse("1e-999999999999999999999", 4, 2, Rounding::half_up), "0.00");
  EXPECT_EQ(parse("1e-999999999999999999999", 4, 2), "inexact");
  EXPECT_EQ(parse("1e999999999999999999999", 4, 2), "overflow");
  EXPECT_EQ(parse("1.005", 4, 2), "inexact");
  EXPECT_EQ(parse("1.005", 4, 2, Rounding::half_up), "1.01");
  EXPECT_EQ(parse("-1.005", 4, 2, Rounding::half_up), "-1.01");
  EXPECT_EQ(parse("0.0049", 4, 2, Rounding::half_up), "0.00");
  EXPECT_EQ(parse("0.005", 4, 2, Rounding::half_up), "0.01");
  EXPECT_EQ(parse("99.994", 4, 2, Rounding::half_up), "99.99");
  EXPECT_EQ(parse("99.995", 4, 2, Rounding::half_up), "overflow");
  EXPECT_EQ(parse("100", 4, 2), "overflow");
  EXPECT_EQ(parse(nines, 38, 0), nines);
  EXPECT_EQ(parse(nines + ".9", 38, 0, Rounding::half_up), "overflow");
  EXPECT_EQ(parse(nines + "0", 38, 0), "overflow");
  for (const char* text : {"", "+", "-", ".", "1e", "1e+", "e1", "1.2.3", "1 ", " 1", "NaN", "--1", "1_0"})
    EXPECT_EQ(parse(text, 38, 10), "malformed") << text;
}

TEST(Decimal, TypesOfResults) {
  const Type a = type_of(4, 2);
  const Type b = type_of(5, 3);
  EXPECT_EQ(decimal_sum_type(a, b), type_of(6, 3));
  EXPECT_EQ(decimal_product_type(a, b), type_of(10, 5));
  EXPECT_EQ(decimal_quotient_type(a, b), type_of(13, 8));
  EXPECT_EQ(decimal_remainder_type(a, b), type_of(5, 3));
  EXPECT_EQ(decimal_sum_type(a, decimal_type_of(integer_type)), type_of(13, 2));
  EXPECT_EQ(decimal_type_of(bigint_type), type_of(19, 0));
  EXPECT_EQ(decimal_product_type(type_of(38, 10), type_of(38, 10)), type_of(38, 6));
  EXPECT_EQ(decimal_sum_type(type_of(38, 0), type_of(38, 38)), type_of(38, 6));
  EXPECT_EQ(decimal_remainder_type(type_of(2, 2), type_of(2, 0)), type_of(2, 2));
}

TEST(Decimal, Arithmetic) {
  EXPECT_EQ(apply(decimal_add, "10.10", "5.105", type_of(6, 3)), "15.205");
  EXPECT_EQ(apply(decimal_subtract, "10.10", "15.10", type_of(5, 2)), "-5.00");
  EXPECT_EQ(apply(decimal_multiply, "10.10", "-2.00", type_of(9, 4)), "-20.2000");
  EXPECT_EQ(apply(decimal_divide, "10.10", "3.00", type_of(11, 7)), "3.3666667");
  EXPECT_EQ(apply(decimal_divide, "-10.10", "3.00", type_of(11, 7)), "-3.3666667");
  EXPECT_EQ(apply(decimal_divide, "1", "8", type_of(3, 2)), "0.13");
  EXPECT_EQ(apply(decimal_remainder, "10.10", "-2.00", type_of(4, 2)), "0.10");
  EXPECT_EQ(apply(decimal_remainder, "-10.10", "0.030", type_of(5, 3)), "-0.020");
  EXPECT_EQ(apply(decimal_add, nines, "1", type_of(38, 0)), "overflow");
  EXPECT_EQ(apply(decimal_multiply, nines, nines, type_of(38, 0)), "overflow");
  EXPECT_EQ(apply(decimal_add, "99.99", "0.01", type_of(4, 2)), "overflow");
}

TEST(Decimal, ArithmeticBeyond128Bits) {
  const std::string small = "0.00000000000000000000000000000000000001";  // 1e-38
  EXPECT_EQ(apply(decimal_add, nines, "0." + nines, type_of(38, 0)), "overflow");
  EXPECT_EQ(apply(decimal_subtract, nines, small, type_of(38, 0)), nines);
  EXPECT_EQ(apply(decimal_multiply, "1234567890123456789012345678901234567.8",
                  "0.10000000000000000000000000000000000000", type_of(38, 2)),
            "123456789012345678901234567890123456.78");
  EXPECT_EQ(apply(decimal_divide, nines, "0." + nines, type_of(38, 0)), "overflow");
  EXPECT_EQ(apply(decimal_divide, nines, nines, type_of(38, 37)), "1.0000000000000000000000000000000000000");
  EXPECT_EQ(apply(decimal_divide, small, nines, type_of(38, 6)), "0.000000");
  EXPECT_EQ(apply(decimal_remainder, nines, "0." + nines, type_of(38, 38)), "0.00000000000000000000000000000000000000");
  EXPECT_GT(decimal_compare(decimal(nines), decimal("0." + nines)), 0);
  EXPECT_LT(decimal_compare(decimal("-" + nines), decimal("0." + nines)), 0);
  EXPECT_GT(decimal_compare(decimal("-" + small), decimal("-" + nines)), 0);
  EXPECT_EQ(decimal_compare(decimal("1.50"), decimal("1.5")), 0);
}

// The same sums by plain 64-bit integers, which cannot be wrong.
TEST(Decimal, AgreesWithIntegers) {
  std::mt19937_64 random(11);
  const auto number = [&] { return static_cast<int64_t>(random() % 2'000'000'001) - 1'000'000'000; };
  for (int i = 0; i < 20'000; ++i) {
    const int64_t a = number();
    const int64_t b = number();
    Decimal out = 0;
    ASSERT_TRUE(decimal_add({a, 3}, {b, 1}, type_of(38, 3), out));
    ASSERT_EQ(static_cast<int64_t>(out), a + b * 100);
    ASSERT_TRUE(decimal_multiply({a, 3}, {b, 1}, type_of(38, 4), out));
    ASSERT_EQ(static_cast<int64_t>(out), a * b);
    if (b == 0) continue;
    ASSERT_TRUE(decimal_remainder({a, 2}, {b, 2}, type_of(38, 2), out));
    ASSERT_EQ(static_cast<int64_t>(out), a % b);
    ASSERT_TRUE(decimal_divide({a, 0}, {b, 0}, type_of(38, 0), out));
    const int64_t twice = std::abs(a) * 2 + std::abs(b);
    const int64_t rounded = twice / (std::abs(b) * 2);
    ASSERT_EQ(static_cast<int64_t>(out), (a < 0) != (b < 0) ? -rounded : rounded) << a << " / " << b;
  }
}

// (a * b) / b through 256 bits.
TEST(Decimal, WideProductsComeBack) {
  std::mt19937_64 random(12);
  for (int i = 0; i < 2'000; ++i) {
    const Decimal a = static_cast<Decimal>(random()) * 1'000'000'007;
    const Decimal b = static_cast<Decimal>(random() % 1'000'000'000) * 1'000'000'000 + 1;
    Decimal product = 0;
    if (!decimal_multiply({a, 0}, {b, 0}, type_of(38, 0), product)) continue;
    Decimal quotient = 0;
    ASSERT_TRUE(decimal_divide({product, 20}, {b, 20}, type_of(38, 0), quotient));
    ASSERT_TRUE(quotient == a);
  }
}

TEST(Decimal, Doubles) {
  EXPECT_EQ(decimal_to_double(decimal("0.1")), 0.1);
  EXPECT_EQ(decimal_to_double(decimal("-123456789012345678901234567890.12345")), -123456789012345678901234567890.12345);
  const auto from = [](double value, int precision, int scale) {
    Decimal out = 0;
    return decimal_from_double(value, precision, scale, out) ? text_of(out, scale) : "overflow";
  };
  EXPECT_EQ(from(0.99, 2, 1), "1.0");
  EXPECT_EQ(from(0.15, 2, 1), "0.2");
  EXPECT_EQ(from(1e37, 38, 0), "1" + std::string(37, '0'));
  EXPECT_EQ(from(10, 2, 1), "overflow");
  EXPECT_EQ(from(std::numeric_limits<double>::quiet_NaN(), 2, 1), "overflow");
}

TEST(Decimal, Rescale) {
  Decimal out = 0;
  EXPECT_TRUE(decimal_rescale(decimal("1.25"), 5, 1, out));
  EXPECT_EQ(text_of(out, 1), "1.3");
  EXPECT_TRUE(decimal_rescale(decimal("-1.25"), 5, 1, out));
  EXPECT_EQ(text_of(out, 1), "-1.3");
  EXPECT_TRUE(decimal_rescale(decimal("0." + nines), 38, 0, out));
  EXPECT_EQ(text_of(out, 0), "1");
  EXPECT_FALSE(decimal_rescale(decimal("100"), 4, 2, out));
  int64_t whole = 0;
  EXPECT_TRUE(decimal_to_bigint(decimal("-1.99"), whole));
  EXPECT_EQ(whole, -1);
  EXPECT_FALSE(decimal_to_bigint(decimal("9223372036854775808"), whole));
}

}  // namespace
}  // namespace millrace
