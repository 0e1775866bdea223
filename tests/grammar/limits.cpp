// Texts made to exhaust the parser: each is answered soon and with its own error.
#include <chrono>

#include "tests/grammar/parse.h"

namespace millrace::syntax {
namespace {

std::string repeated(const std::string& part, size_t count) {
  std::string text;
  text.reserve(part.size() * count);
  for (size_t i = 0; i < count; ++i) text += part;
  return text;
}

void expect_too_large(const std::string& text) {
  SyntaxError error = error_of(text);
  EXPECT_EQ(error.kind, SyntaxError::Kind::too_large) << error.message;
  EXPECT_GT(error.position.line, 0);
  EXPECT_FALSE(error.message.empty());
}

TEST(Limits, WhatIsTooLargeIsRefused) {
  expect_too_large("SELECT " + repeated("(", 10'000) + "a" + repeated(")", 10'000) + " FROM t");
  expect_too_large("SELECT " + repeated("NOT ", 100'000) + "a FROM t");
  expect_too_large("SELECT " + repeated("- ", 250'000) + "a FROM t");
  expect_too_large("SELECT a" + repeated(" AND a", 100'000) + " FROM t");
  expect_too_large("SELECT a" + repeated(" + a", 100'000) + " FROM t");
  expect_too_large("SELECT a" + repeated("[1]", 10'000) + " FROM t");
  expect_too_large("SELECT a" + repeated("->b", 10'000) + " FROM t");
  expect_too_large("SELECT " + repeated("CASE WHEN ", 10'000) + "a");
  expect_too_large("SELECT " + repeated("f(", 10'000));
  expect_too_large("SELECT " + repeated("[", 10'000));
  expect_too_large("CREATE STREAM s (a " + repeated("ARRAY<", 10'000));
  expect_too_large("SELECT a" + repeated(", a", 150'000) + " FROM t");
  expect_too_large(repeated("x", 2 << 20));
  expect_too_large("SELECT f(" + repeated("x => ", 10'000) + "x) FROM t");
}

// Each level of parentheses holds a long chain, so that the tree would be deep where neither limit alone is reached.
TEST(Limits, NestingAndChainsAddUp) {
  std::string chains = repeated(" + a", 100) + ")";
  expect_too_large("SELECT " + repeated("(", 150) + "a" + repeated(chains, 150) + " FROM t");
  std::string prefixes = repeated("NOT ", 100) + "(";
  expect_too_large("SELECT " + repeated(prefixes, 150) + "a" + repeated(")", 150) + " FROM t");
}

TEST(Limits, WhatIsJustWithinIsParsed) {
  parse(repeated("(", 200) + "a" + repeated(")", 200));
  parse(repeated("f(", 200) + "a" + repeated(")", 200));
  parse(repeated("ARRAY[", 199) + "a" + repeated("]", 199));
  parse(repeated("CASE WHEN a THEN ", 200) + "a" + repeated(" END", 200));
  parse("CAST(a AS " + repeated("ARRAY<", 199) + "INT" + repeated(">", 199) + ")");
  parse(repeated("NOT ", 2'000) + "a");
  parse("a" + repeated(" + a", 2'000));
  parse("a" + repeated(" OR a = 1", 2'000));
  parse("a" + repeated("->b", 2'000));
  parse(repeated("(a OR b AND NOT - ", 150) + "a" + repeated(")", 150));
  // Columns named like collections are compared, not nested.
  parse("map < 1" + repeated(" AND map < 1", 500));
  EXPECT_EQ(parse_all(repeated("SELECT map < 1 FROM t;", 500)).size(), 500u);
  EXPECT_EQ(parse_one<InsertValues>("INSERT INTO t VALUES (1" + repeated(", -1", 40'000) + ")").values.size(), 40'001u);
}

TEST(Limits, LargeTextsTakeLinearTime) {
  const std::string large[] = {
      "SELECT '" + std::string(1'000'000, 'x') + "' FROM t",
      "SELECT '" + repeated("''", 400'000) + "' FROM t",
      "SELECT a FROM t -- " + std::string(1'000'000, '-'),
      "SELECT a FROM t /*" + repeated("* /", 300'000),
      "SELECT " + std::string(1'000'000, 'x') + " FROM t",
      std::string(1'000'000, ';'),
      std::string(1'000'000, '\''),
      repeated("$", 1'000'000),
      repeated("${", 500'000),
      "SELECT " + std::string(1'000'000, '9') + " FROM t",
      "INSERT INTO t VALUES (1" + repeated(", 1", 90'000) + "))",
      repeated("SELECT a, b + 1 FROM t WHERE c = 'x';\n", 10'000),
  };
  for (const std::string& text : large) {
    auto begin = std::chrono::steady_clock::now();
    auto parsed = parse_statements(text);
    auto taken = std::chrono::steady_clock::now() - begin;
    EXPECT_LT(taken, std::chrono::seconds(20)) << text.substr(0, 40);  // milliseconds, unless a sanitizer looks on
    EXPECT_LT(parsed.index(), 2u);
  }
}

TEST(Limits, CanBeSet) {
  ParserLimits limits;
  limits.nesting_max = 2;
  EXPECT_EQ(parse_expression("((a))", limits).index(), 0u);
  EXPECT_EQ(parse_expression("(((a)))", limits).index(), 1u);
  limits.tokens_max = 3;
  EXPECT_EQ(parse_expression("a + b", limits).index(), 0u);
  EXPECT_EQ(parse_expression("a + b + c", limits).index(), 1u);
}

}  // namespace
}  // namespace millrace::syntax
