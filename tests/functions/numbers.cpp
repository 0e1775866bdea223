#include <gtest/gtest.h>

#include "tests/functions/evaluate.h"

namespace millrace {
namespace {

TEST(NumberFunctions, RoundDoubles) {
  EXPECT_EQ(evaluate("ROUND(1.5E0)"), "2");
  EXPECT_EQ(evaluate("ROUND(-1.5E0)"), "-1");
  EXPECT_EQ(evaluate("ROUND(0.49999999999999994E0)"), "0");
  EXPECT_EQ(evaluate("ROUND(1E300)"), "9223372036854775807");
  EXPECT_EQ(evaluate("ROUND(1.234567E0, 2)"), "1.23");
  EXPECT_EQ(evaluate("ROUND(1.005E0, 2)"), "1.01");
  EXPECT_EQ(evaluate("ROUND(-1.005E0, 2)"), "-1.0");
  EXPECT_EQ(evaluate("ROUND(111E0, -1)"), "110.0");
  EXPECT_EQ(evaluate("ROUND(55E0, -2)"), "100.0");
  EXPECT_EQ(evaluate("ROUND(1.7E0, -1)"), "0.0");
  EXPECT_EQ(evaluate("ROUND(1.7E-300, 10)"), "0.0");
  EXPECT_EQ(evaluate("ROUND(1.7E300, 10)"), "1.7E300");
  EXPECT_EQ(evaluate("ROUND(1.5E0, -2147483648)"), "0.0");
}

TEST(NumberFunctions, RoundDecimals) {
  EXPECT_EQ(evaluate("ROUND(12345678987654321.2345678987654321)"), "12345678987654321");
  EXPECT_EQ(evaluate("ROUND(12345678987654321.2345678987654321, 1)"), "12345678987654321.2000000000000000");
  EXPECT_EQ(evaluate("ROUND(12345678987654321.2345678987654321, -1)"), "12345678987654320.0000000000000000");
  EXPECT_EQ(evaluate("ROUND(9.5)"), "10");
  EXPECT_EQ(evaluate("ROUND(-9.5)"), "-9");
  EXPECT_EQ(evaluate("ROUND(-9.51)"), "-10");
  EXPECT_EQ(evaluate("ROUND(9.5, 0)"), "OVERFLOW: ROUND: the result has too many digits");
  EXPECT_EQ(evaluate("ROUND(9.5, 100)"), "9.5");
  EXPECT_EQ(evaluate("ROUND(9.5, -100)"), "0.0");
}

TEST(NumberFunctions, Wholes) {
  EXPECT_EQ(evaluate("FLOOR(-1.1)"), "-2.0");
  EXPECT_EQ(evaluate("FLOOR(1.7E0)"), "1.0");
  EXPECT_EQ(evaluate("CEIL(-1.1)"), "-1.0");
  EXPECT_EQ(evaluate("CEIL(9.9)"), "OVERFLOW: CEIL: the result has too many digits");
  EXPECT_EQ(evaluate("CEIL(3)"), "3");
  EXPECT_EQ(evaluate("SIGN(-0.5)"), "-1");
  EXPECT_EQ(evaluate("SIGN(0E0)"), "0");
  EXPECT_EQ(evaluate("SQRT(16)"), "4.0");
  EXPECT_EQ(evaluate("SQRT(-1)"), "\"NaN\"");
  EXPECT_EQ(evaluate("POWER(2, -1)"), "0.5");
}

TEST(NumberFunctions, Nulls) {
  EXPECT_EQ(evaluate("NULLIF(1, 1)"), "null");
  EXPECT_EQ(evaluate("NULLIF(1, NULL)"), "1");
  EXPECT_EQ(evaluate("IFNULL(NULL, 5)"), "5");
  EXPECT_EQ(evaluate("AS_VALUE('k')"), "\"k\"");
}

}  // namespace
}  // namespace millrace
