#include <gtest/gtest.h>

#include <limits>

#include "tests/formats/format_fixture.h"

namespace millrace {
namespace {

using namespace std::string_literals;

std::string value_of(const Type& type, const std::string& record) {
  const auto rows = decode_records("KAFKA", {field("K", type)}, {record}, true);
  return rows.errors.count() == 0 ? rows.value(0) : rows.error();
}

TEST(Kafka, ReadsBigEndianNumbers) {
  EXPECT_EQ(value_of(integer_type, "\xff\xff\xff\xfe"), "-2");
  EXPECT_EQ(value_of(integer_type, "\x80\0\0\0"s), "-2147483648");
  EXPECT_EQ(value_of(bigint_type, "\0\x20\0\0\0\0\0\x01"s), "9007199254740993");
  EXPECT_EQ(value_of(double_type, "\x3f\xf8\0\0\0\0\0\0"s), "1.5");
  EXPECT_EQ(value_of(varchar_type, "é"), "\"é\"");
  EXPECT_EQ(value_of(bytes_type, "\0\xff"s), "\"AP8=\"");
  EXPECT_EQ(value_of(integer_type, "abc"), "MALFORMED: field `K`: expected the 4 bytes of INTEGER, got 3: 616263");
  EXPECT_EQ(value_of(bigint_type, ""), "MALFORMED: field `K`: expected the 8 bytes of BIGINT, got 0: ");
  EXPECT_EQ(value_of(varchar_type, "a\xff"), "INVALID_UTF8: field `K`: expected UTF-8, got a?");
}

template <class T>
void round_trip(const Type& type, const std::vector<T>& values) {
  const std::vector<Field> one = {field("K", type)};
  auto column = std::make_shared<Column>(type, values.size() + 1);
  for (size_t i = 0; i < values.size(); ++i) column->set(i, values[i]);
  column->set_null(values.size());
  const auto records = encode_rows("KAFKA", one, {column}, values.size() + 1);
  EXPECT_EQ(records.back(), "<null>");
  const auto rows = decode_records("KAFKA", one, {records.begin(), records.end() - 1});
  for (size_t i = 0; i < values.size(); ++i) EXPECT_TRUE(same_value(*column, i, *rows.columns[0], i)) << i;
}

TEST(Kafka, RoundTrips) {
  round_trip<int32_t>(integer_type, {0, -1, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()});
  round_trip<int64_t>(bigint_type, {0, -1, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()});
  round_trip<double>(double_type, {0.0, -1.5, 1e300, std::numeric_limits<double>::quiet_NaN()});
  round_trip<std::string_view>(varchar_type, {"", "a", "é😀"});
  round_trip<std::string_view>(bytes_type, {"", std::string_view("\0\xff", 2)});
}

TEST(Kafka, RefusesWhatItCannotHold) {
  const Format& format = *all_formats().find("KAFKA");
  EXPECT_EQ(format.refusal({field("A", Type::decimal(4, 2))}, false, {}),
            "The 'KAFKA' format does not support type 'DECIMAL', column: `A`");
  EXPECT_EQ(format.refusal({field("A", integer_type), field("B", varchar_type)}, false, {}),
            "The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` STRING]");
  EXPECT_EQ(format.refusal({field("A", integer_type)}, false, {.wrap_single = true}),
            "Format 'KAFKA' does not support 'WRAP_SINGLE_VALUE' set to 'true'.");
  EXPECT_EQ(format.refusal({}, true, {}), std::nullopt);
  EXPECT_EQ(encode_rows("KAFKA", {}, {}, 1)[0], "<null>");
}

TEST(None, HasNoColumns) {
  const Format& format = *all_formats().find("none");
  EXPECT_EQ(format.refusal({{"BAR", integer_type, true}}, true, {}),
            "The 'NONE' format can only be used when no columns are defined. Got: [`BAR` INTEGER KEY]");
  EXPECT_EQ(format.refusal({}, true, {}), std::nullopt);
  EXPECT_EQ(decode_records("NONE", {}, {"ignored"}).error(), "none");
  EXPECT_EQ(encode_rows("NONE", {}, {}, 1)[0], "<null>");
}

TEST(Registry, KnowsTheFormats) {
  EXPECT_EQ(all_formats().names(), (std::vector<std::string>{"DELIMITED", "JSON", "KAFKA", "NONE"}));
  EXPECT_EQ(all_formats().find("AVRO"), nullptr);
}

}  // namespace
}  // namespace millrace
