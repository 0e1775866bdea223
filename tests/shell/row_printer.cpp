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
