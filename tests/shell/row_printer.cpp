#include "shell/row_printer.h"

#include <gtest/gtest.h>

#include <clocale>
#include <nlohmann/json.hpp>
#include <sstream>

#include "shell/entity_view.h"
#include "shell/json_text.h"

namespace millrace::shell {
namespace {

const std::vector<ResultColumn> columns = {{"NAME", "STRING"}, {"COUNT", "BIGINT"}, {"NOTE", "STRING"}};

std::string print(OutputFormat format, const std::vector<std::vector<ResultRow>>& lots) {
  std::ostringstream out;
  RowPrinter printer(format, out, columns);
  for (const auto& rows : lots) printer.print(rows);
  printer.end(true);
  return out.str();
}

TEST(JsonTextTest, SplitsArrays) {
  EXPECT_EQ(split_array(R"([1, "a,]\"", [1,2], {"x":[3,"}"]}, null])"),
            (std::vector<std::string>{"1", R"("a,]\"")", "[1,2]", R"({"x":[3,"}"]})", "null"}));
  EXPECT_TRUE(split_array("[ ]").empty());
  EXPECT_EQ(split_array("[12345678901234567890.1200]")[0], "12345678901234567890.1200");
  EXPECT_EQ(plain_text(R"("a\nb\u00e9")"), "a\nb\xc3\xa9");
  EXPECT_EQ(plain_text("null"), "null");
}

TEST(RowPrinterTest, Table) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(print(OutputFormat::table,
                  {{{"\"ann\"", "5", "null"}, {"\"é\"", "12345678", "\"two\\nlines\""}}, {{"\"x\"", "1", "\"y\""}}}),
            " NAME |    COUNT | NOTE\n"
            "------+----------+------------\n"
            " ann  |        5 | null\n"
            " é    | 12345678 | two\\nlines\n"
            " x    |        1 | y\n"
            "(3 rows)\n");
  EXPECT_EQ(print(OutputFormat::table, {}), " NAME | COUNT | NOTE\n------+-------+------\n(0 rows)\n");
}

TEST(RowPrinterTest, JsonKeepsEveryDigit) {
  EXPECT_EQ(print(OutputFormat::json, {{{"\"a\"", "12345678901234567890.1200", "null"}}}),
            "{\"NAME\":\"a\",\"COUNT\":12345678901234567890.1200,\"NOTE\":null}\n");
}

TEST(RowPrinterTest, Csv) {
  EXPECT_EQ(print(OutputFormat::csv, {{{"\"a,b\"", "1", "null"}, {"\"say \\\"hi\\\"\"", "2", "\"\""}}}),
            "NAME,COUNT,NOTE\n\"a,b\",1,\n\"say \"\"hi\"\"\",2,\n");
}

std::string print_on(size_t width, const std::vector<ResultRow>& rows) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::ostringstream out;
  RowPrinter printer(OutputFormat::table, out, columns, Terminal::of_size(width, 24));
  printer.print(rows);
  printer.end(false);
  return out.str();
}

TEST(RowPrinterTest, CellsThatAreTooWideGoOnBelow) {
  EXPECT_EQ(print_on(50, {{"\"a\"", "5", "\"this is a note that is longer than the terminal is wide\""},
                          {"\"b\"", "6", "null"}}),
            " NAME | COUNT | NOTE\n"
            "------+-------+-----------------------------------\n"
            " a    |     5 | this is a note that is longer\n"
            "      |       | than the terminal is wide\n"
            " b    |     6 | null\n");
  EXPECT_EQ(print_on(61, {{"\"日本語日本語日本語日本語\"", "5", "\"日本語日本語日本語日本語日本語日本語日本語\""}}),
            " NAME                     | COUNT | NOTE\n"
            "--------------------------+-------+--------------------------\n"
            " 日本語日本語日本語日本語 |     5 | 日本語日本語日本語日本語\n"
            "                          |       | 日本語日本語日本語\n");
}

TEST(RowPrinterTest, RowsAreRecordsWhereColumnsHaveNoRoom) {
  EXPECT_EQ(print_on(30, {{"\"ann\"", "5", "\"a note that is longer than the terminal\""}, {"\"b\"", "6", "null"}}),
            " NAME  : ann\n"
            " COUNT : 5\n"
            " NOTE  : a note that is longer\n"
            "         than the terminal\n"
            "\n"
            " NAME  : b\n"
            " COUNT : 6\n"
            " NOTE  : null\n");
}

TEST(RowPrinterTest, NothingIsFoldedWithoutATerminal) {
  const std::string wide(500, 'x');
  EXPECT_NE(print(OutputFormat::table, {{{"\"" + wide + "\"", "1", "null"}}}).find(wide), std::string::npos);
}

TEST(RowPrinterTest, LargeCellsAreFoldedQuickly) {
  const std::string large(4 << 20, 'x');
  EXPECT_GT(print_on(80, {{"\"a\"", "1", "\"" + large + "\""}}).size(), large.size());
}

TEST(RowPrinterTest, ControlCharactersAreShown) {
  EXPECT_EQ(printable("a\x1b[2Jb\xc2\x9bz"), "a\\x1b[2Jb\\x9bz");
  EXPECT_EQ(printable_lines("a\nb\x07"), "a\nb\\x07");
}

TEST(RowPrinterTest, Wrap) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap("", 5), Lines{""});
  EXPECT_EQ(wrap("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap("abcdefgh", 3), (Lines{"abc", "def", "gh"}));
  EXPECT_EQ(wrap("日本語", 1), (Lines{"日", "本", "語"}));
  EXPECT_EQ(wrap("a\n\nb", 5), (Lines{"a", "", "b"}));
  EXPECT_EQ(cut("abcdef", 4), "abc…");
  EXPECT_EQ(cut("abcd", 4), "abcd");
}

TEST(EntityViewTest, EveryAnswerAsCsvIsOneTable) {
  std::ostringstream out;
  const auto show = [&](const char* json) {
    out.str("");
    print_entity(nlohmann::ordered_json::parse(json), OutputFormat::csv, out);
    return out.str();
  };
  EXPECT_EQ(show(R"({"@type":"currentStatus","commandStatus":{"status":"SUCCESS","message":"Stream created"}})"), "");
  EXPECT_EQ(
      show(R"({"@type":"sourceDescription","sourceDescription":{"name":"S","type":"STREAM","extended":true,"fields":[
          {"name":"K","schema":{"type":"BIGINT"},"type":"KEY"}],"readQueries":[{"id":"Q"}]}})"),
      "Column,Type\nK,BIGINT (KEY)\n");
  EXPECT_EQ(
      show(
          R"({"@type":"queryDescription","queryDescription":{"id":"Q","statementText":"SELECT a,\n b","executionPlan":"x"}})"),
      "Name,Value\nId,Q\nSQL,\"SELECT a,\n b\"\n");
  EXPECT_EQ(show(R"({"@type":"describe_function","name":"F","functions":[{"signature":"(INT) -> INT"}]})"),
            "Name,Value\nName,F\nForms,(INT) -> INT\n");
  EXPECT_EQ(show(R"({"@type":"news","a":1})"), "Name,Value\nnews,\"{\"\"@type\"\":\"\"news\"\",\"\"a\"\":1}\"\n");
}

TEST(EntityViewTest, ListingsAndMessages) {
  std::ostringstream out;
  const auto show = [&](const char* json) {
    print_entity(nlohmann::ordered_json::parse(json), OutputFormat::table, out);
  };
  show(R"({"@type":"currentStatus","commandStatus":{"status":"SUCCESS","message":"Stream created","queryId":"Q_1"},
          "warnings":[{"message":"grows without bound"}]})");
  show(
      R"({"@type":"tables","tables":[{"name":"T","topic":"t","keyFormat":"KAFKA","valueFormat":"JSON","isWindowed":true}]})");
  show(R"({"@type":"sourceDescription","sourceDescription":{"name":"S","type":"STREAM","fields":[
          {"name":"K","schema":{"type":"BIGINT"},"type":"KEY"},
          {"name":"A","schema":{"type":"ARRAY","memberSchema":{"type":"DECIMAL","parameters":{"precision":4,"scale":2}}}}]}})");
  EXPECT_EQ(out.str(),
            "Stream created (query Q_1)\n"
            "warning: grows without bound\n"
            " Name | Topic | Key format | Value format | Windowed\n"
            "------+-------+------------+--------------+----------\n"
            " T    | t     | KAFKA      | JSON         | true\n"
            "(1 row)\n"
            " STREAM S\n"
            " Column | Type\n"
            "--------+----------------------\n"
            " K      | BIGINT (KEY)\n"
            " A      | ARRAY<DECIMAL(4, 2)>\n"
            "(2 rows)\n");
}

}  // namespace
}  // namespace millrace::shell
