#include "shell/statement_splitter.h"

#include <gtest/gtest.h>

namespace millrace::shell {
namespace {

std::vector<std::string> split(const std::string& text, size_t piece) {
  StatementSplitter splitter;
  std::vector<std::string> statements;
  for (size_t at = 0; at < text.size(); at += piece) {
    splitter.add(text.substr(at, piece));
    for (auto each = splitter.next(); each; each = splitter.next()) statements.push_back(each->text);
  }
  if (const auto rest = splitter.rest()) statements.push_back(rest->text + "<rest>");
  return statements;
}

// Whatever the pieces, the statements are the same.
void expect_split(const std::string& text, const std::vector<std::string>& expected) {
  for (size_t piece = 1; piece <= text.size() + 1; ++piece) EXPECT_EQ(split(text, piece), expected) << text << piece;
}

TEST(StatementSplitterTest, Semicolons) {
  expect_split("a; b;\n c ;d", {"a;", "b;", "c ;", "d<rest>"});
  expect_split("", {});
  expect_split("  \n", {});
  expect_split(";;", {});
  expect_split("a;; -- nothing\n; b", {"a;", "b<rest>"});
}

TEST(StatementSplitterTest, QuotesHideSemicolons) {
  expect_split("a ';' b; \"x;\"\"y\" c;`;`;", {"a ';' b;", "\"x;\"\"y\" c;", "`;`;"});
  expect_split("'it''s; -- no comment';", {"'it''s; -- no comment';"});
  expect_split("'open; b;", {"'open; b;<rest>"});
}

TEST(StatementSplitterTest, Comments) {
  expect_split("-- one; two\na; -- three;\n/* four; */ b /* ; */ -- ;\n;", {"a;", "b /* ; */ -- ;\n;"});
  expect_split("a - b / c; -- rest", {"a - b / c;"});
  expect_split("/* open; a;", {"/* open; a;<rest>"});
}

TEST(StatementSplitterTest, LinesAreCountedFromTheText) {
  StatementSplitter splitter;
  splitter.add("-- first\n\na;\n\n  b\n  c; d");
  EXPECT_EQ(splitter.next()->line, 3);
  EXPECT_EQ(splitter.next()->line, 5);
  EXPECT_FALSE(splitter.next());
  EXPECT_EQ(splitter.rest()->line, 6);
  EXPECT_TRUE(splitter.empty());
}

TEST(StatementSplitterTest, FirstWord) {
  EXPECT_EQ(first_word("select * from s"), "SELECT");
  EXPECT_EQ(first_word("Print 't'"), "PRINT");
  EXPECT_EQ(first_word("(x)"), "");
}

}  // namespace
}  // namespace millrace::shell
