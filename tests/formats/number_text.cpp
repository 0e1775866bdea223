#include "runtime/number_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace millrace {
namespace {

std::string text_of(double value) {
  std::string text;
  append_double(value, text);
  return text;
}

TEST(NumberText, DoublesAsJavaPrintsThem) {
  EXPECT_EQ(text_of(0.0), "0.0");
  EXPECT_EQ(text_of(-0.0), "-0.0");
  EXPECT_EQ(text_of(1), "1.0");
  EXPECT_EQ(text_of(0.001), "0.001");
  EXPECT_EQ(text_of(0.0001), "1.0E-4");
  EXPECT_EQ(text_of(9999999), "9999999.0");
  EXPECT_EQ(text_of(10000000), "1.0E7");
  EXPECT_EQ(text_of(-123456789.5), "-1.234567895E8");
  EXPECT_EQ(text_of(1e100), "1.0E100");
  EXPECT_EQ(text_of(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(text_of(std::numeric_limits<double>::max()), "1.7976931348623157E308");
  EXPECT_EQ(text_of(std::numeric_limits<double>::denorm_min()), "4.9E-324");
  EXPECT_EQ(text_of(std::nan("")), "NaN");
  EXPECT_EQ(text_of(-HUGE_VAL), "-Infinity");
}

TEST(NumberText, DoublesReadBack) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    double back = 0;
    ASSERT_EQ(parse_double(text_of(value), back), NumberText::ok);
    ASSERT_EQ(std::bit_cast<uint64_t>(value), std::bit_cast<uint64_t>(back)) << text_of(value);
  }
}

TEST(NumberText, DoublesThatAreNone) {
  double value = 0;
  for (const char* text : {"", "+", "-", "x", "1x", "1e", "e1", ".", "inf", "nan", "0x1p3", " 1", "1 ", "--1", "+-1"})
    EXPECT_EQ(parse_double(text, value), NumberText::malformed) << text;
  EXPECT_EQ(parse_double("1e999", value), NumberText::out_of_range);
  EXPECT_EQ(parse_double("0.1e999", value), NumberText::out_of_range);
  EXPECT_EQ(parse_double("-1e-999", value), NumberText::ok);
  EXPECT_TRUE(value == 0 && std::signbit(value));
  EXPECT_EQ(parse_double("-Infinity", value), NumberText::ok);
  EXPECT_EQ(value, -HUGE_VAL);
}

TEST(NumberText, Integers) {
  int32_t small = 0;
  int64_t large = 0;
  EXPECT_EQ(parse_integer("+007", small), NumberText::ok);
  EXPECT_EQ(small, 7);
  EXPECT_EQ(parse_integer("-2147483648", small), NumberText::ok);
  EXPECT_EQ(parse_integer("2147483648", small), NumberText::out_of_range);
  EXPECT_EQ(parse_integer("9223372036854775807", large), NumberText::ok);
  EXPECT_EQ(large, std::numeric_limits<int64_t>::max());
  for (const char* text : {"", "+", "-", "+-1", "1.0", " 1", "1 ", "0x1", "１"})
    EXPECT_EQ(parse_integer(text, large), NumberText::malformed) << text;
}

}  // namespace
}  // namespace millrace
