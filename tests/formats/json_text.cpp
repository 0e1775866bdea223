#include "connectors/json_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

template <class T>
std::string json_of(const Type& type, T value, JsonTimes times = JsonTimes::numbers) {
  Column column(type, 1);
  column.set(0, value);
  std::string text;
  append_json(column, 0, text, times);
  return text;
}

TEST(JsonText, FlatValues) {
  EXPECT_EQ(json_of<uint8_t>(boolean_type, 1), "true");
  EXPECT_EQ(json_of<int64_t>(bigint_type, INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(json_of<double>(double_type, 1e10), "1.0E10");
  EXPECT_EQ(json_of<double>(double_type, std::nan("")), "\"NaN\"");
  EXPECT_EQ(json_of<Decimal>(Type::decimal(4, 2), 5), "0.05");
  EXPECT_EQ(json_of<std::string_view>(bytes_type, std::string_view("\0\xff", 2)), "\"AP8=\"");
  EXPECT_EQ(json_of<std::string_view>(varchar_type, std::string_view("a\"\\/\b\f\n\r\t\x01\x1f\x7fé\0", 15)),
            "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001F\x7fé\\u0000\"");
  std::string null;
  append_json(*Column::nulls(Type::array(integer_type), 3), 2, null);
  EXPECT_EQ(null, "null");
}

TEST(JsonText, Times) {
  EXPECT_EQ(json_of<int32_t>(date_type, 11323), "11323");
  EXPECT_EQ(json_of<int32_t>(date_type, 11323, JsonTimes::text), "\"2001-01-01\"");
  EXPECT_EQ(json_of<int32_t>(time_type, 60'001), "60001");
  EXPECT_EQ(json_of<int32_t>(time_type, 60'001, JsonTimes::text), "\"00:01:00.001\"");
  EXPECT_EQ(json_of<int64_t>(timestamp_type, 978307260000, JsonTimes::text), "\"2001-01-01T00:01:00.000\"");
}

TEST(JsonText, NestedValues) {
  Column column(Type::map(varchar_type, Type::structure({"A", "b"}, {Type::array(date_type), integer_type})), 0);
  column.child(0).append<std::string_view>("k\"");
  Column& inner = column.child(1);
  inner.child(0).child(0).append<int32_t>(1);
  inner.child(0).child(0).append_null();
  inner.child(0).append_nested();
  inner.child(1).append_null();
  inner.append_nested();
  column.append_nested();
  column.append_nested();
  std::string text;
  append_json(column, 0, text, JsonTimes::text);
  append_json(column, 1, text);
  EXPECT_EQ(text, R"({"k\"":{"A":["1970-01-02",null],"b":null}}{})");
}

}  // namespace
}  // namespace millrace
