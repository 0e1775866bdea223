#include <gtest/gtest.h>

#include "tests/functions/evaluate.h"

namespace millrace {
namespace {

TEST(TextFunctions, Case) {
  EXPECT_EQ(evaluate("UCASE('ärger ß ж ω 😀')"), "\"ÄRGER ß Ж Ω 😀\"");
  EXPECT_EQ(evaluate("LCASE('ÄRGER Ж Ω')"), "\"ärger ж ω\"");
  EXPECT_EQ(evaluate("UCASE(CAST(NULL AS VARCHAR))"), "null");
}

TEST(TextFunctions, Substring) {
  EXPECT_EQ(evaluate("SUBSTRING('some_string', 6, 3)"), "\"str\"");
  EXPECT_EQ(evaluate("SUBSTRING('short', 6, 3)"), "\"\"");
  EXPECT_EQ(evaluate("SUBSTRING('abc', 0, 2)"), "\"ab\"");
  EXPECT_EQ(evaluate("SUBSTRING('abc', -2)"), "\"bc\"");
  EXPECT_EQ(evaluate("SUBSTRING('abc', -9, 2)"), "\"ab\"");
  EXPECT_EQ(evaluate("SUBSTRING('abc', 2, -1)"), "\"\"");
  EXPECT_EQ(evaluate("SUBSTRING('abc', 2147483647, 2147483647)"), "\"\"");
  EXPECT_EQ(evaluate("SUBSTRING('äöü', 2, 1)"), "\"ö\"");
  EXPECT_EQ(evaluate("SUBSTRING('abc', NULL)"), "null");
}

TEST(TextFunctions, Replace) {
  EXPECT_EQ(evaluate("REPLACE('popcorn', 'x', 'y')"), "\"popcorn\"");
  EXPECT_EQ(evaluate("REPLACE('aaa', 'aa', 'b')"), "\"ba\"");
  EXPECT_EQ(evaluate("REPLACE('äb', '', '-')"), "\"-ä-b-\"");
  EXPECT_EQ(evaluate("REPLACE('ab', 'a', NULL)"), "null");
}

TEST(TextFunctions, Instr) {
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or')"), "2");
  EXPECT_EQ(evaluate("INSTR('no', 'or')"), "0");
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or', 4)"), "5");
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or', 4, 2)"), "14");
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or', 4, 3)"), "0");
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or', -4)"), "5");
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or', -4, 2)"), "2");
  EXPECT_EQ(evaluate("INSTR('corporate floor', 'or', -4, 3)"), "0");
  EXPECT_EQ(evaluate("INSTR('short', 'or', -4)"), "0");
  EXPECT_EQ(evaluate("INSTR('äöü', 'ü')"), "3");
  EXPECT_EQ(evaluate("INSTR('abc', 'a', 0)"), "0");
  EXPECT_EQ(evaluate("INSTR('abc', 'a', -9)"), "0");
}

TEST(TextFunctions, Split) {
  EXPECT_EQ(evaluate("SPLIT('..a..', '.')"), R"(["","","a","",""])");
  EXPECT_EQ(evaluate("SPLIT('', '.')"), R"([""])");
  EXPECT_EQ(evaluate("SPLIT('äb', '')"), R"(["ä","b"])");
  EXPECT_EQ(evaluate("SPLIT('', '')"), R"([""])");
  EXPECT_EQ(evaluate("SPLIT(CAST(NULL AS VARCHAR), '')"), "null");
}

TEST(TextFunctions, Join) {
  EXPECT_EQ(evaluate("CONCAT_WS(',', 'a', '', NULL, 'b')"), "\"a,,b\"");
  EXPECT_EQ(evaluate("CONCAT_WS(NULL, 'a', 'b')"), "null");
  EXPECT_EQ(evaluate("TRIM(' ')"), "\"\"");
}

}  // namespace
}  // namespace millrace
