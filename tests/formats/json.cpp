#include <gtest/gtest.h>

#include "tests/formats/format_fixture.h"

namespace millrace {
namespace {

const std::vector<Field> flat = {field("I", integer_type), field("B", bigint_type), field("D", double_type),
                                 field("T", varchar_type), field("F", boolean_type)};
const std::vector<Field> times = {field("D", date_type), field("T", time_type), field("S", timestamp_type)};

std::string value_of(const Type& type, std::string_view json) {
  const auto rows = decode_one("JSON", {field("X", type)}, std::string(R"({"X":)").append(json).append("}"));
  return rows.errors.count() == 0 ? rows.value(0) : rows.error();
}

TEST(Json, ReadsFlatValues) {
  const auto rows =
      decode_records("JSON", flat,
                     {R"({"I": 1, "B":9007199254740993,"D":-0.0,"T":"hé\"\u00e9\ud83d\ude00","F":true})", R"({})",
                      R"({"T":"","F":null,"I":"17","D":"1e3","x":[{"y":[1,{}]}]})", " \n{ \"B\" : 1 } \t"});
  EXPECT_EQ(rows.error(), "none");
  EXPECT_EQ(rows.row(0), R"(1, 9007199254740993, -0.0, "hé\"é😀", true)");
  EXPECT_EQ(rows.row(1), "null, null, null, null, null");
  EXPECT_EQ(rows.row(2), R"(17, null, 1000.0, "", null)");
  EXPECT_EQ(rows.row(3), "null, 1, null, null, null");
}

TEST(Json, TextWithoutEscapesIsNotCopied) {
  const std::string record = R"({"T":"as it is","U":"a\tb"})";
  const Bytes payload = record;
  std::vector<std::shared_ptr<Column>> columns = {std::make_shared<Column>(varchar_type, 1),
                                                  std::make_shared<Column>(varchar_type, 1)};
  RowErrors errors;
  all_formats()
      .find("json")
      ->make_decoder({field("T", varchar_type), field("U", varchar_type)}, false, {})
      ->decode({&payload, 1}, columns, errors);
  EXPECT_EQ(columns[0]->at<std::string_view>(0).data(), record.data() + 6);
  EXPECT_EQ(columns[1]->at<std::string_view>(0), "a\tb");
}

// As a block of the log has them: one directly behind the other, with nothing between.
TEST(Json, RecordsThatTouchAreReadAsEachAlone) {
  const std::vector<Field> fields = {field("A", integer_type), field("T", varchar_type),
                                     field("L", Type::array(integer_type))};
  const std::string good = R"({"A":1,"T":"t","L":[1,2]})";
  const std::vector<std::vector<std::string>> groups = {
      {good, good, R"({"A":2,"T":"a\nb"})", " " + good + "\n", good},
      // Halves that would be whole together.
      {good, R"({"A":1,"T":"x)", R"(","L":[7]})", good},
      {good, R"({"A":1)", R"(,"A":2})", good, R"({"T":"\)", R"(","L":[8]})", good},
      {good, "1", "2", good, "[", "]", good, "{}\\", R"("x")", good},
      {good, R"({"L":[1,2,)", "3]}", R"({"L":[1,"x"]})", R"({"L":[4]})", good},
      {good, "{\"T\":\"\xC3", "\xA9\"}", good, "{\"T\":\"\x01\"}", good, "  ", good, "", good},
  };
  for (const auto& records : groups) {
    std::string memory;
    for (const std::string& record : records) memory += record;
    std::vector<Bytes> payloads;
    for (size_t at = 0; const std::string& record : records) {
      payloads.emplace_back(memory.data() + at, record.size());
      at += record.size();
    }
    DecodedRecords together;
    for (const Field& each : fields) together.columns.push_back(std::make_shared<Column>(each.type, records.size()));
    all_formats().find("json")->make_decoder(fields, false, {})->decode(payloads, together.columns, together.errors);
    std::vector<std::string> errors(records.size(), "none");
    for (const RowError& error : together.errors.errors())
      errors[error.row] = std::string(row_error_name(error.code)) + ": " + error.reason;
    for (size_t i = 0; i < records.size(); ++i) {
      const auto alone = decode_one("JSON", fields, records[i]);
      EXPECT_EQ(errors[i], alone.error()) << records[i];
      EXPECT_EQ(together.row(i), alone.row(0)) << records[i];
    }
  }
}

TEST(Json, NamesMatchExactlyThenUpperCased) {
  const std::vector<Field> fields = {field("A", integer_type), field("b", integer_type)};
  const auto rows = decode_records("JSON", fields,
                                   {R"({"a":1,"B":2})", R"({"a":1,"A":2})", R"({"A":2,"a":1})", R"({"a":1,"a":3})",
                                    R"({"\u0061":1,"b":2})", R"({"A":1,"a":"no number"})"});
  EXPECT_EQ(rows.error(), "none");
  EXPECT_EQ(rows.row(0), "1, null");
  EXPECT_EQ(rows.row(1), "2, null");
  EXPECT_EQ(rows.row(2), "2, null");
  EXPECT_EQ(rows.row(3), "3, null");
  EXPECT_EQ(rows.row(4), "1, 2");
  EXPECT_EQ(rows.row(5), "1, null");
}

TEST(Json, OfEqualNamesTheLastCounts) {
  const std::vector<Field> fields = {
      field("A", Type::array(integer_type)), field("M", Type::map(varchar_type, integer_type)),
      field("I", integer_type), field("S", Type::structure({"X", "Y"}, {Type::array(integer_type), integer_type}))};
  const auto rows = decode_records("JSON", fields,
                                   {R"({"A":[1,2],"A":[3],"M":{"k":1,"j":2,"k":3},"I":null,"I":1,"I":2})",
                                    R"({"I":1,"I":null,"A":[1],"A":null,"M":{"k":1},"M":{}})",
                                    R"({"I":"no number","I":7,"S":{"X":[1,2],"Y":1,"X":[3],"Y":null}})"});
  EXPECT_EQ(rows.error(), "none");
  EXPECT_EQ(rows.row(0), R"([3], {"k":3,"j":2}, 2, null)");
  EXPECT_EQ(rows.row(1), R"(null, {}, null, null)");
  EXPECT_EQ(rows.row(2), R"(null, null, 7, {"X":[3],"Y":null})");
}

TEST(Json, Numbers) {
  EXPECT_EQ(value_of(integer_type, "-2147483648"), "-2147483648");
  EXPECT_EQ(value_of(integer_type, "2147483648"), "OUT_OF_RANGE: field `X`: expected INTEGER, got 2147483648");
  EXPECT_EQ(value_of(integer_type, "1.0"), "1");
  EXPECT_EQ(value_of(integer_type, "1e3"), "1000");
  EXPECT_EQ(value_of(integer_type, "1.5"), "WRONG_TYPE: field `X`: expected INTEGER, got 1.5");
  EXPECT_EQ(value_of(integer_type, "1e999999999999"), "OUT_OF_RANGE: field `X`: expected INTEGER, got 1e999999999999");
  EXPECT_EQ(value_of(integer_type, R"("+5")"), "5");
  EXPECT_EQ(value_of(integer_type, R"("5 ")"), R"(WRONG_TYPE: field `X`: expected INTEGER, got "5 ")");
  EXPECT_EQ(value_of(integer_type, "true"), "WRONG_TYPE: field `X`: expected INTEGER, got true");
  EXPECT_EQ(value_of(bigint_type, "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(value_of(bigint_type, "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(value_of(bigint_type, "9223372036854775808"),
            "OUT_OF_RANGE: field `X`: expected BIGINT, got 9223372036854775808");
  EXPECT_EQ(value_of(bigint_type, "9007199254740993"), "9007199254740993");
  EXPECT_EQ(value_of(double_type, "0.1"), "0.1");
  EXPECT_EQ(value_of(double_type, "-0"), "-0.0");
  EXPECT_EQ(value_of(double_type, "123456789012345.5"), "1.234567890123455E14");
  EXPECT_EQ(value_of(double_type, "0.00000000000001"), "1.0E-14");
  EXPECT_EQ(value_of(double_type, "1e-400"), "0.0");
  EXPECT_EQ(value_of(double_type, "4.9e-324"), "4.9E-324");
  EXPECT_EQ(value_of(double_type, "1.7976931348623157e308"), "1.7976931348623157E308");
  EXPECT_EQ(value_of(double_type, "1e400"), "OUT_OF_RANGE: field `X`: expected DOUBLE, got 1e400");
  EXPECT_EQ(value_of(double_type, R"("NaN")"), R"("NaN")");
  EXPECT_EQ(value_of(double_type, R"("much")"), R"(WRONG_TYPE: field `X`: expected DOUBLE, got "much")");
}

TEST(Json, DecimalsKeepEveryDigit) {
  const Type wide = Type::decimal(38, 10);
  EXPECT_EQ(value_of(wide, "1234567890123456789012345678.0123456789"), "1234567890123456789012345678.0123456789");
  EXPECT_EQ(value_of(wide, "-0.1"), "-0.1000000000");
  EXPECT_EQ(value_of(wide, R"("1e-10")"), "0.0000000001");
  const Type narrow = Type::decimal(4, 2);
  EXPECT_EQ(value_of(narrow, "99.990"), "99.99");
  EXPECT_EQ(value_of(narrow, "99.999"), "OUT_OF_RANGE: field `X`: expected DECIMAL(4, 2), got 99.999");
  EXPECT_EQ(value_of(narrow, "100"), "OUT_OF_RANGE: field `X`: expected DECIMAL(4, 2), got 100");
  EXPECT_EQ(value_of(narrow, "[]"), "WRONG_TYPE: field `X`: expected DECIMAL(4, 2), got []");
}

TEST(Json, TextTakesEverythingAsText) {
  EXPECT_EQ(value_of(varchar_type, "1.50"), R"("1.50")");
  EXPECT_EQ(value_of(varchar_type, "true"), R"("true")");
  EXPECT_EQ(value_of(varchar_type, "null"), "null");
  EXPECT_EQ(value_of(varchar_type, R"({ "b" : [ 1, "\/" ], "a": {"d":1,"c":2, "d":3} })"),
            R"("{\"a\":{\"c\":2,\"d\":3},\"b\":[1,\"/\"]}")");
  EXPECT_EQ(value_of(varchar_type, R"([ {"b":1,"a":[]} , "x" ])"), R"("[{\"b\":1,\"a\":[]},\"x\"]")");
}

TEST(Json, BytesAreBase64) {
  EXPECT_EQ(value_of(bytes_type, R"("AP8=")"), R"("AP8=")");
  EXPECT_EQ(value_of(bytes_type, R"("")"), R"("")");
  EXPECT_EQ(value_of(bytes_type, R"("*")"), R"(WRONG_TYPE: field `X`: expected BYTES, got "*")");
  EXPECT_EQ(value_of(bytes_type, "1"), "WRONG_TYPE: field `X`: expected BYTES, got 1");
}

TEST(Json, TimesAreNumbers) {
  const auto rows =
      decode_records("JSON", times, {R"({"D":-1,"T":86399999,"S":-62135596800000})", R"({"D":"10","S":"7"})"});
  EXPECT_EQ(rows.row(0), "-1, 86399999, -62135596800000");
  EXPECT_EQ(rows.row(1), "10, null, 7");
  EXPECT_EQ(value_of(time_type, "86400000"), "OUT_OF_RANGE: field `X`: expected TIME, got 86400000");
  EXPECT_EQ(value_of(time_type, "-1"), "OUT_OF_RANGE: field `X`: expected TIME, got -1");
}

TEST(Json, NestedValues) {
  const Type inner = Type::structure({"A", "L"}, {integer_type, Type::array(varchar_type)});
  const std::vector<Field> fields = {field("S", inner), field("L", Type::array(inner)),
                                     field("M", Type::map(varchar_type, Type::array(double_type)))};
  const auto rows = decode_records(
      "JSON", fields,
      {R"({"s":{"a":1,"l":["x",null,3]},"L":[{},null,{"A":2,"more":{}}],"M":{"k":[1,null],"\u006c":[]}})",
       R"({"S":{"A":"x"}})", R"({"S":{},"L":[],"M":{}})", R"({"L":[1]})", R"({"M":{"k":[true]}})", R"({"L":[{"A":1})",
       R"({"S":{"L":["y"]}})"});
  EXPECT_EQ(rows.row(0), R"({"A":1,"L":["x",null,"3"]}, [{"A":null,"L":null},null,{"A":2,"L":null}], )"
                         R"({"k":[1.0,null],"l":[]})");
  EXPECT_EQ(rows.row(1), "null, null, null");
  EXPECT_EQ(rows.row(2), R"({"A":null,"L":null}, [], {})");
  EXPECT_EQ(rows.row(6), R"({"A":null,"L":["y"]}, null, null)");
  ASSERT_EQ(rows.errors.count(), 4U);
  EXPECT_EQ(rows.errors.errors()[0].reason, R"(field `S`: expected INTEGER, got "x")");
  EXPECT_EQ(rows.errors.errors()[1].reason, "field `L`: expected STRUCT<`A` INTEGER, `L` ARRAY<STRING>>, got 1");
  EXPECT_EQ(rows.errors.errors()[2].reason, "field `M`: expected DOUBLE, got true");
  EXPECT_EQ(rows.errors.errors()[3].reason, "malformed JSON at byte 13: expected ',' or ']', got the end");
}

TEST(Json, WhatIsNoJsonIsMalformed) {
  for (const char* record : {"",
                             " ",
                             "{",
                             "}",
                             "{]",
                             R"({"I":1,})",
                             R"({"I":})",
                             R"({"I" 1})",
                             R"({"I":1 "B":2})",
                             R"({I:1})",
                             R"({'I':1})",
                             R"({"I":01})",
                             R"({"I":+1})",
                             R"({"I":1.})",
                             R"({"I":.5})",
                             R"({"I":1e})",
                             R"({"I":-})",
                             R"({"I":tru})",
                             R"({"I":nul})",
                             R"({"I":1}})",
                             R"({"I":1}{)",
                             R"({"I":1} x)",
                             R"({"u":[1,]})",
                             R"({"u":[1}})",
                             R"({"u":[,]})",
                             R"({"u":{"v"}})",
                             R"({"u":"\x"})",
                             R"({"u":"\ud800"})",
                             R"({"u":"\udc00\ud800"})",
                             R"({"T":"\u12"})",
                             R"({"T":"\)",
                             R"({"T":"a)",
                             "{\"T\":\"a\nb\"}",
                             R"({"u":truee})",
                             R"({"u":1x})",
                             R"({"u":"a"b})",
                             R"({"u":"a":1})",
                             R"({"I":[1})",
                             R"({"u":NaN})",
                             "nulll",
                             R"({"F":falsy})"}) {
    const auto rows = decode_one("JSON", flat, record);
    ASSERT_EQ(rows.errors.count(), 1U) << record;
    EXPECT_EQ(row_error_name(rows.errors.errors()[0].code), "MALFORMED") << record << rows.error();
    EXPECT_EQ(rows.row(0), "null, null, null, null, null");
  }
}

TEST(Json, ReasonsSayWhereAndWhat) {
  EXPECT_EQ(decode_one("JSON", flat, R"({"I":1,"T":oops})").error(),
            "MALFORMED: malformed JSON at byte 11: expected a value, got oops}");
  EXPECT_EQ(decode_one("JSON", flat, "[1]").error(), "WRONG_TYPE: expected an object, got [1]");
  EXPECT_EQ(decode_one("JSON", flat, "{\"T\":\"\xff\"}").error(), "INVALID_UTF8: the record is not UTF-8");
  const std::string long_text(500, 'x');
  EXPECT_EQ(decode_one("JSON", flat, R"({"I":")" + long_text + R"("})").error(),
            R"(WRONG_TYPE: field `I`: expected INTEGER, got ")" + long_text.substr(0, 99) + "…");
  EXPECT_EQ(decode_one("JSON", flat, "null").error(), "none");
}

TEST(Json, DepthHasALimit) {
  const auto nested = [](size_t depth) { return R"({"u":)" + std::string(depth, '[') + std::string(depth, ']') + "}"; };
  EXPECT_EQ(decode_one("JSON", flat, nested(500)).error(), "none");
  EXPECT_EQ(decode_one("JSON", flat, nested(501)).error().substr(0, 58),
            "MALFORMED: malformed JSON at byte 505: expected less nesti");
  EXPECT_EQ(decode_one("JSON", flat, nested(200'000)).errors.count(), 1U);
  EXPECT_EQ(decode_one("JSON", flat, R"({"T":)" + std::string(100'000, '[')).errors.count(), 1U);
}

TEST(Json, LargeRecords) {
  const std::string text(10'000'000, 'a');  // NOLINT(bugprone-string-constructor): large it shall be
  const auto rows = decode_records("JSON", flat, {R"({"T":")" + text + R"(","I":1})", R"({"I":2})"});
  EXPECT_EQ(rows.error(), "none");
  EXPECT_EQ(rows.columns[3]->at<std::string_view>(0), text);
  EXPECT_EQ(rows.value(0, 1), "2");
  const std::string digits(1'000'000, '9');
  EXPECT_EQ(decode_one("JSON", flat, R"({"B":)" + digits + "}").error().substr(0, 12), "OUT_OF_RANGE");
}

TEST(Json, WrapsSingleValues) {
  const std::vector<Field> one = {field("V", integer_type)};
  const FormatOptions bare{.wrap_single = false};
  const FormatOptions wrapped{.wrap_single = true};
  EXPECT_EQ(decode_records("JSON", one, {"1", "null", R"("7")"}, false, bare).row(2), "7");
  EXPECT_EQ(decode_records("JSON", one, {"null"}, false, bare).row(0), "null");
  EXPECT_EQ(decode_records("JSON", one, {"1"}, true).row(0), "1");  // a single key column is bare
  EXPECT_EQ(decode_records("JSON", one, {R"({"V":1})"}, true, wrapped).row(0), "1");
  EXPECT_EQ(decode_records("JSON", one, {"1 2"}, false, bare).error(),
            "MALFORMED: malformed JSON at byte 2: expected nothing more, got 2");
  EXPECT_EQ(decode_records("JSON", one, {""}, false, bare).error(), "MALFORMED: malformed JSON: nothing is there");
  EXPECT_EQ(decode_records("JSON", one, {R"({"V":1})"}, false, bare).error(),
            R"(WRONG_TYPE: field `V`: expected INTEGER, got {"V":1})");
  const auto rows = decode_records("JSON", one, {"1", "null"}, true);
  const std::vector<ColumnPtr> columns(rows.columns.begin(), rows.columns.end());
  EXPECT_EQ(encode_rows("JSON", one, columns, 2, true), (std::vector<std::string>{"1", "<null>"}));
  EXPECT_EQ(encode_rows("JSON", one, columns, 2), (std::vector<std::string>{R"({"V":1})", R"({"V":null})"}));
}

TEST(Json, NullPayloadsAreNullInEveryField) {
  const Bytes payloads[] = {null_bytes(), R"({"I":1})"};
  std::vector<std::shared_ptr<Column>> columns = {std::make_shared<Column>(integer_type, 2)};
  RowErrors errors;
  const std::vector<Field> fields = {field("I", integer_type)};
  all_formats().find("JSON")->make_decoder(fields, false, {})->decode(payloads, columns, errors);
  EXPECT_EQ(errors.count(), 0U);
  EXPECT_FALSE(columns[0]->valid(0));
  EXPECT_TRUE(columns[0]->valid(1));
}

TEST(Json, RefusesMapsOfOtherKeys) {
  const Format& json = *all_formats().find("Json");
  EXPECT_EQ(json.refusal({field("M", Type::array(Type::map(integer_type, double_type)))}, false, {}),
            "JSON only supports MAP types with STRING keys");
  EXPECT_EQ(json.refusal({field("M", Type::map(varchar_type, double_type))}, false, {}), std::nullopt);
}

TEST(Json, ManyFieldsInAnyOrder) {
  std::vector<Field> fields;
  std::string forward = "{";
  std::string backward = "{";
  for (int i = 0; i < 300; ++i) {
    fields.push_back(field("F" + std::to_string(i), integer_type));
    forward += (i == 0 ? "" : ",") + std::string("\"f") + std::to_string(i) + "\":" + std::to_string(i);
    backward += (i == 0 ? "" : ",") + std::string("\"F") + std::to_string(299 - i) + "\":" + std::to_string(299 - i);
  }
  const auto rows = decode_records("JSON", fields, {forward + "}", backward + "}", forward + "}"});
  EXPECT_EQ(rows.error(), "none");
  for (size_t f = 0; f < fields.size(); ++f)
    for (size_t row = 0; row < 3; ++row) EXPECT_EQ(rows.value(f, row), std::to_string(f));
}

}  // namespace
}  // namespace millrace
