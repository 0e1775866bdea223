#include "shell/live_table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace millrace::shell {
namespace {

TEST(LiveTableTest, KeepsTheLatestRowOfEachKey) {
  const auto header = parse_query_part(
      R"([{"header":{"queryId":"q","schema":"`K` INTEGER, `WINDOWSTART` BIGINT, `V` STRUCT<`A` INTEGER, `B` STRING>","keys":["K"]}},)");
  ASSERT_TRUE(header.header);
  ASSERT_EQ(header.header->size(), 3u);
  EXPECT_EQ(header.header->at(2).type, "STRUCT<`A` INTEGER, `B` STRING>");
  LiveTable table(*header.header);
  for (const char* line :
       {R"({"row":{"columns":[10,0,"a"]}},)", R"({"row":{"columns":[9,0,"b"]}},)", R"({"row":{"columns":[9,5,"c"]}},)",
        R"({"row":{"columns":[10,0,"d"]}},)", R"({"row":{"columns":[9,0,null],"tombstone":true}},)"}) {
    const auto part = parse_query_part(line);
    table.apply(*part.row, part.tombstone);
  }
  std::string text;
  for (const std::string& line : table.render(24, Terminal::of_size(80, 24))) text += line;
  EXPECT_EQ(text,
            "  K | WINDOWSTART | V\n"
            "----+-------------+---\n"
            "  9 |           5 | c\n"
            " 10 |           0 | d\n");
  EXPECT_EQ(table.render(4, Terminal::of_size(80, 4)).back(), "(1 of 2 rows)\n");
  EXPECT_EQ(table.render(24, Terminal::of_size(5, 24))[2], "  9 …\n");
}

TEST(LiveTableTest, WithoutKeysTheLatestRows) {
  LiveTable table({{"A", "BIGINT", false}});
  for (int i = 0; i < 50; ++i) table.apply({std::to_string(i)}, false);
  const auto lines = table.render(6, Terminal::of_size(80, 6));
  EXPECT_EQ(lines[2], " 47\n");
  EXPECT_EQ(lines[4], " 49\n");
  EXPECT_EQ(lines[5], "(3 of 50 rows)\n");
}

TEST(LiveTableTest, ScreenDrawsOverItself) {
  std::ostringstream out;
  LiveTable table({{"A", "BIGINT", false}});
  LiveTable::Screen screen(out, Terminal::of_size(80, 24));
  screen.draw({&table});
  table.apply({"1"}, false);
  screen.draw({&table});
  EXPECT_EQ(out.str(), " A\x1b[K\n---\x1b[K\n\x1b[J\x1b[2A A\x1b[K\n---\x1b[K\n 1\x1b[K\n\x1b[J");
}

TEST(LiveTableTest, WithoutRoomTheRowsThatChangedLast) {
  LiveTable table({{"K", "INTEGER", true}, {"V", "INTEGER"}});
  for (int key = 1; key <= 9; ++key) table.apply({std::to_string(key), "0"}, false);
  table.apply({"2", "1"}, false);
  std::string text;
  for (const std::string& line : table.render(5, Terminal::of_size(80, 5))) text += line;
  EXPECT_EQ(text, " K | V\n---+---\n 2 | 1\n 9 | 0\n(2 of 9 rows)\n");
}

TEST(LiveTableTest, WithoutKeysATombstoneIsNoRow) {
  LiveTable table({{"A", "BIGINT", false}});
  table.apply({"1"}, false);
  table.apply({"null"}, true);
  EXPECT_EQ(table.render(24, Terminal::of_size(80, 24)).size(), 3u);
}

TEST(LiveTableTest, TablesAreDrawnBelowEachOther) {
  LiveTable upper({{"K", "INTEGER", true}});
  LiveTable lower({{"X", "INTEGER", false}});
  upper.apply({"1"}, false);
  lower.apply({"2"}, false);
  std::ostringstream out;
  LiveTable::Screen(out, Terminal()).draw({&upper, &lower});
  EXPECT_EQ(out.str(), " K\n---\n 1\n\n X\n---\n 2\n");
}

}  // namespace
}  // namespace millrace::shell
