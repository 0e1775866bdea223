// What PRINT makes of bytes.
#include <gtest/gtest.h>

#include "connectors/recognised_format.h"
#include "tests/formats/format_fixture.h"

namespace millrace {
namespace {

using namespace std::string_literals;

std::string recognised(const std::string& bytes, bool key = false) {
  const std::vector<Field> fields = {field("TEXT", varchar_type), field("FORMAT", varchar_type)};
  const auto decoder = recognised_format().make_decoder(fields, key, {});
  DecodedRecords out;
  out.columns = {std::make_shared<Column>(varchar_type, 1), std::make_shared<Column>(varchar_type, 1)};
  const Bytes payloads[] = {bytes};
  decoder->decode(payloads, out.columns, out.errors);
  return out.row();
}

TEST(Recognised, Text) {
  EXPECT_EQ(recognised(R"({"a": [1, null]})"), R"("{\"a\": [1, null]}", "JSON")");
  EXPECT_EQ(recognised(" [1]"), R"(" [1]", "JSON")");
  EXPECT_EQ(recognised(R"("x")"), R"("\"x\"", "JSON")");
  EXPECT_EQ(recognised("{no json"), R"("{no json", "KAFKA_STRING")");
  EXPECT_EQ(recognised("1,a,é"), R"("1,a,é", "KAFKA_STRING")");
  EXPECT_EQ(recognised("12"), R"("12", "KAFKA_STRING")");
  EXPECT_EQ(recognised("abcd"), R"("abcd", "KAFKA_STRING")");
  EXPECT_EQ(recognised(""), R"("", "KAFKA_STRING")");
}

TEST(Recognised, Numbers) {
  EXPECT_EQ(recognised("\0\0\0\x05"s), R"("5", "KAFKA_INT")");
  EXPECT_EQ(recognised("\xff\xff\xff\xfe"), R"("-2", "KAFKA_INT")");
  EXPECT_EQ(recognised("\0\0\0\0\0\0\0\x05"s), R"("5", "KAFKA_BIGINT")");
  EXPECT_EQ(recognised("\0\x20\0\0\0\0\0\x01"s), R"("9007199254740993", "KAFKA_BIGINT")");
  EXPECT_EQ(recognised("\xff\xff\xff\xff\xff\xff\xff\xff"), R"("-1", "KAFKA_BIGINT")");
  EXPECT_EQ(recognised("\x3f\xf8\0\0\0\0\0\0"s), R"("1.5", "KAFKA_DOUBLE")");
  EXPECT_EQ(recognised("\xc0\x59\0\0\0\0\0\0"s), R"("-100", "KAFKA_DOUBLE")");
}

TEST(Recognised, Bytes) {
  EXPECT_EQ(recognised("\0\xff"s), R"("0x00ff", "BYTES")");
  EXPECT_EQ(recognised("a\xff"), R"("0x61ff", "BYTES")");
}

TEST(Recognised, Windows) {
  const std::string hour = "\0\0\0\0\0\x36\xee\x80"s;
  const std::string two = "\0\0\0\0\0\x6d\xdd\0"s;
  EXPECT_EQ(recognised("key" + hour, true), R"("[key@3600000/-]", "WINDOWED KAFKA_STRING")");
  EXPECT_EQ(recognised("\0\0\0\x05"s + hour, true), R"("[5@3600000/-]", "WINDOWED KAFKA_INT")");
  EXPECT_EQ(recognised("key" + two + hour, true), R"("[key@3600000/7200000]", "WINDOWED KAFKA_STRING")");
  EXPECT_EQ(recognised(hour, true), R"("3600000", "KAFKA_BIGINT")");
  EXPECT_EQ(recognised("key" + hour), R"("0x6b6579000000000036ee80", "BYTES")");
}

}  // namespace
}  // namespace millrace
