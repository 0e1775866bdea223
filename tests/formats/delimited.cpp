#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/formats/format_fixture.h"

namespace millrace {
namespace {

const std::vector<Field> fields = {field("I", integer_type), field("T", varchar_type), field("D", Type::decimal(6, 2))};

TEST(Delimited, ReadsLines) {
  const auto rows = decode_records(
      "DELIMITED", fields,
      {"1,abc,2.5", "-1, \" ,", ",,", R"("7","a ""b"", c"  ,"1.00")", "1,\"\",1\r\n", "\n\n2,x,3\n4,y,5"});
  EXPECT_EQ(rows.error(), "none");
  EXPECT_EQ(rows.row(0), R"(1, "abc", 2.50)");
  EXPECT_EQ(rows.row(1), R"(-1, " \" ", null)");
  EXPECT_EQ(rows.row(2), "null, null, null");
  EXPECT_EQ(rows.row(3), R"(7, "a \"b\", c", 1.00)");
  EXPECT_EQ(rows.row(4), R"(1, "", 1.00)");
  EXPECT_EQ(rows.row(5), R"(2, "x", 3.00)");
}

TEST(Delimited, SaysWhatIsWrong) {
  const auto error = [](std::string_view record) { return decode_one("DELIMITED", fields, record).error(); };
  EXPECT_EQ(error("1,a"), "MALFORMED: expected 3 fields, got 2: 1,a");
  EXPECT_EQ(error("1,a,2,3"), "MALFORMED: expected 3 fields, got 4: 1,a,2,3");
  EXPECT_EQ(error(""), "MALFORMED: expected 3 fields, got 0: ");
  EXPECT_EQ(error("x,a,1"), "WRONG_TYPE: field `I`: expected INTEGER, got x");
  EXPECT_EQ(error("2147483648,a,1"), "OUT_OF_RANGE: field `I`: expected INTEGER, got 2147483648");
  EXPECT_EQ(error("1,a,1.001"), "OUT_OF_RANGE: field `D`: expected DECIMAL(6, 2), got 1.001");
  EXPECT_EQ(error("1,a,12345"), "OUT_OF_RANGE: field `D`: expected DECIMAL(6, 2), got 12345");
  EXPECT_EQ(error("1,\"a,1"), "MALFORMED: a quoted field does not end");
  EXPECT_EQ(error("1,\"a\"b,1"), "MALFORMED: text follows the closing quote of a field");
  EXPECT_EQ(error("1,\xff,1"), "INVALID_UTF8: the record is not UTF-8");
}

TEST(Delimited, EveryType) {
  const std::vector<Field> all = {field("F", boolean_type),  field("B", bigint_type), field("D", double_type),
                                  field("Y", bytes_type),    field("A", date_type),   field("T", time_type),
                                  field("S", timestamp_type)};
  const auto rows = decode_records("DELIMITED", all,
                                   {"TRUE,-9223372036854775808,1e10,AP8=,-1,86399999,-1", "maybe,,,,,,", ",x,,,,,",
                                    ",,x,,,,", ",,,*,,,", ",,,,x,,", ",,,,,86400000,", ",,,,,,1.5"});
  EXPECT_EQ(rows.row(0), R"(true, -9223372036854775808, 1.0E10, "AP8=", -1, 86399999, -1)");
  EXPECT_EQ(rows.errors.count(), 7U);
  const std::vector<ColumnPtr> columns(rows.columns.begin(), rows.columns.end());
  EXPECT_EQ(encode_rows("DELIMITED", all, columns, 1)[0], "true,-9223372036854775808,1.0E10,AP8=,-1,86399999,-1");
}

TEST(Delimited, WritesWhatCommonsCsvWrites) {
  const std::vector<Field> two = {field("A", varchar_type), field("B", varchar_type)};
  const std::vector<std::pair<std::string, std::string>> texts = {{"a", "b"},   {"-", "-"},      {"", ""},
                                                                  {"!", "!"},   {"a,b", "a\"b"}, {"é", "é"},
                                                                  {" a", "a "}, {"a\nb", "#"},   {"$", "$"}};
  auto a = std::make_shared<Column>(varchar_type, texts.size());
  auto b = std::make_shared<Column>(varchar_type, texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    a->set<std::string_view>(i, texts[i].first);
    b->set<std::string_view>(i, texts[i].second);
  }
  EXPECT_EQ(encode_rows("DELIMITED", two, {a, b}, texts.size()),
            (std::vector<std::string>{"a,b", "\"-\",-", "\"\",", "\"!\",\"!\"", "\"a,b\",\"a\"\"b\"", "\"é\",é",
                                      "\" a\",\"a \"", "\"a\nb\",\"#\"", "\"$\",$"}));
  EXPECT_EQ(encode_rows("DELIMITED", two, {Column::nulls(varchar_type, 1), Column::nulls(varchar_type, 1)}, 1)[0], ",");
}

TEST(Delimited, AnyDelimiter) {
  for (const char delimiter : {'\t', ' ', '|', '$'}) {
    const FormatOptions options{.delimiter = delimiter, .wrap_single = {}};
    const std::string d(1, delimiter);
    const auto rows = decode_records("DELIMITED", fields, {fmt::format("1{0}\"a{0}b\"{0}2", d)}, false, options);
    EXPECT_EQ(rows.error(), "none");
    EXPECT_EQ(rows.columns[1]->at<std::string_view>(0), "a" + d + "b");
    const std::vector<ColumnPtr> columns(rows.columns.begin(), rows.columns.end());
    EXPECT_EQ(encode_rows("DELIMITED", fields, columns, 1, false, options)[0], fmt::format("1{0}\"a{0}b\"{0}2.00", d));
  }
}

TEST(Delimited, RefusesNestedTypes) {
  const Format& format = *all_formats().find("DELIMITED");
  EXPECT_EQ(format.refusal({field("K", Type::structure({"F"}, {double_type}))}, true, {}),
            "The 'DELIMITED' format does not support type 'STRUCT', column: `K`");
  EXPECT_EQ(format.refusal({field("K", integer_type)}, false, {.wrap_single = true}),
            "Format 'DELIMITED' does not support 'WRAP_SINGLE_VALUE' set to 'true'.");
  EXPECT_EQ(format.refusal(fields, false, {}), std::nullopt);
}

}  // namespace
}  // namespace millrace
