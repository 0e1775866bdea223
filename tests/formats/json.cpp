#include <gtest/gtest.h>

#include "tests/formats/format_fixture.h"

namespace millrace {
namespace {

const std::vector<Field> flat = {field("I", integer_type), field("B", bigint_type), field("D", double_type),
                                 field("T", varchar_type), field("F", boolean_type)};

TEST(Json, ReadsFlatValues) {
  const auto rows = decode_records("JSON", flat,
                                   {R"({"I": 1, "B":9007199254740993,"D":-0.0,"T":"hé\"\u00e9\ud83d\ude00","F":true})",
                                    R"({})", R"({"T":"","F":null,"I":"17","D":"1e3","x":[{"y":[1,{}]}]})"});
  EXPECT_EQ(rows.error(), "none");
  EXPECT_EQ(rows.row(0), R"(1, 9007199254740993, -0.0, "hé\"é😀", true)");
  EXPECT_EQ(rows.row(1), "null, null, null, null, null");
  EXPECT_EQ(rows.row(2), R"(17, null, 1000.0, "", null)");
}

}  // namespace
}  // namespace millrace
