// Rows that are too large, too wrong or too many.
#include <fmt/format.h>

#include "tests/hostile/hostile_fixture.h"

namespace millrace::testing {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

std::string row(int64_t id, const std::string& note) {
  return fmt::format("{{\"ID\":{},\"NOTE\":\"{}\"}}\n", id, note);
}

TEST_F(HostileTest, TenMegabyteRecord) {
  const auto answers = insert(row(1, std::string(7 << 20, 'x')) + row(2, std::string(10 << 20, 'x')) + row(3, "small"));
  ASSERT_EQ(answers.size(), 3U);
  std::map<size_t, Json> by_row;
  for (const Json& answer : answers) by_row[answer.value("seq", ~size_t{0})] = answer;
  EXPECT_EQ(by_row[0].value("status", ""), "ok") << by_row[0];
  expect_row_error(by_row[1], 1, 40001, "value_invalid", "record.bytes.max");
  EXPECT_EQ(by_row[2].value("status", ""), "ok") << by_row[2];
  EXPECT_TRUE(wait_seen(1));
  EXPECT_TRUE(wait_seen(3));
  EXPECT_FALSE(seen(2));
}

// Beyond what could be a row at all, the stream ends: whoever sends no end of line must not fill the memory.
TEST_F(HostileTest, RowWithoutEnd) {
  const auto answers = insert(row(4, "small") + "{\"ID\":5,\"NOTE\":\"" + std::string(40 << 20, 'x'));
  ASSERT_FALSE(answers.empty());
  expect_error({413, answers.back()}, 413, 41300, "limit_exceeded");
}

TEST_F(HostileTest, MalformedRows) {
  const auto answers = insert("{\"ID\":10\n{\"ID\":11}\n[]\n5\nnull\n{\"ID\":12}}\n" + std::string(100'000, '[') +
                              "\n\xff\xfe\n{\"ID\":13}\n");
  ASSERT_EQ(answers.size(), 9U);
  std::map<size_t, Json> by_row;
  for (const Json& answer : answers) by_row[answer.value("seq", ~size_t{0})] = answer;
  for (const size_t malformed : {0U, 5U, 6U, 7U}) {
    SCOPED_TRACE(malformed);
    expect_row_error(by_row[malformed], malformed, 40001, "value_invalid");
  }
  for (const size_t no_object : {2U, 3U, 4U}) {
    SCOPED_TRACE(no_object);
    expect_row_error(by_row[no_object], no_object, 40001, "type_mismatch", "expected an object");
  }
  EXPECT_EQ(by_row[1].value("status", ""), "ok") << by_row[1];
  EXPECT_EQ(by_row[8].value("status", ""), "ok") << by_row[8];
  EXPECT_TRUE(wait_seen(13));
}

TEST_F(HostileTest, WrongColumnsInRows) {
  const auto answers = insert(
      "{\"ID\":20,\"COLOUR\":\"red\"}\n{\"ID\":\"twenty\"}\n{\"ID\":21.5}\n{\"ID\":99999999999999999999}\n{\"ID\":[1]}"
      "\n"
      "{\"ID\":22,\"NOTE\":{}}\n{\"ID\":23,\"ROWTIME\":\"now\"}\n{\"ID\":24}\n");
  ASSERT_EQ(answers.size(), 8U);
  std::map<size_t, Json> by_row;
  for (const Json& answer : answers) by_row[answer.value("seq", ~size_t{0})] = answer;
  expect_row_error(by_row[0], 0, 40001, "column_unknown", "COLOUR");
  for (const size_t wrong : {1U, 4U, 6U}) {
    SCOPED_TRACE(wrong);
    expect_row_error(by_row[wrong], wrong, 40001, "type_mismatch");
  }
  EXPECT_EQ(by_row[2].value("status", ""), "error") << by_row[2];
  EXPECT_EQ(by_row[3].value("status", ""), "error") << by_row[3];
  EXPECT_EQ(by_row[7].value("status", ""), "ok") << by_row[7];
  EXPECT_TRUE(wait_seen(24));
}

TEST_F(HostileTest, InvalidUtf8InRows) {
  const auto answers = insert(row(30, "\xff") + row(31, "\xed\xa0\x80") + row(32, "\xc3\xa4"));
  ASSERT_EQ(answers.size(), 3U);
  std::map<size_t, Json> by_row;
  for (const Json& answer : answers) by_row[answer.value("seq", ~size_t{0})] = answer;
  expect_row_error(by_row[0], 0, 40001, "value_invalid", "UTF-8");
  expect_row_error(by_row[1], 1, 40001, "value_invalid", "UTF-8");
  EXPECT_EQ(by_row[2].value("status", ""), "ok") << by_row[2];
  EXPECT_TRUE(wait_seen(32));
}

TEST_F(HostileTest, WrongFirstLines) {
  for (const std::string& line :
       {std::string("\n"), std::string("{\n"), std::string("{}\n"), std::string("{\"target\":5}\n"),
        std::string("[[[\n"), std::string("{\"ID\":1}\n"), std::string("\xff\n"), std::string(100'000, '[') + "\n"}) {
    SCOPED_TRACE(line.substr(0, 40));
    expect_error(post("/inserts-stream", line), 400, 40001, "value_invalid", "target");
  }
  expect_error(post("/inserts-stream", "{\"target\":\"nots\"}\n"), 400, 40001, "source_unknown", "NOTES");
  expect_error(post("/inserts-stream", "{\"target\":\"SYS_ERRORS\"}\n"), 403, 40300, "operation_forbidden");
}

// A pattern that a backtracking matcher would still be at next year.
TEST_F(HostileTest, ExplodingLike) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "%a";
  execute_well(
      server().url(),
      fmt::format("CREATE STREAM liked AS SELECT id FROM notes WHERE note LIKE '{}%b' EMIT CHANGES;", pattern));
  const auto begin = Clock::now();
  std::string lines;
  for (int i = 0; i < 20; ++i) lines += row(100 + i, std::string(50'000, 'a') + (i == 19 ? "b" : ""));
  EXPECT_EQ(insert(lines).size(), 20U);
  for (bool found = false; !found;) {
    ASSERT_LT(Clock::now() - begin, 30s);
    for (const Json& found_row : query(server().url(), "SELECT id FROM liked;")) found = found_row.at(0) == 119;
  }
  EXPECT_EQ(query(server().url(), "SELECT id FROM liked;").size(), 1U);
  std::printf("exploding LIKE: %ld ms\n", (Clock::now() - begin) / 1ms);
}

}  // namespace
}  // namespace millrace::testing
