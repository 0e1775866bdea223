#include "shell/row_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace millrace::shell {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RowFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/millrace-rows-XXXXXX";
    folder = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, const std::string& text) const {
    std::string path = folder / name;
    if (name.ends_with(".gz")) {
      gzFile file = gzopen(path.c_str(), "wb");
      gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
      gzclose(file);
    } else {
      std::ofstream(path) << text;
    }
    return path;
  }
  static std::vector<std::string> read(RowFile& file) {
    std::vector<std::string> rows;
    for (RowFile::Row row; file.read(row);) rows.push_back(row.json);
    return rows;
  }
  static std::string refusal(const std::function<void()>& call) {
    try {
      call();
    } catch (const FileError& error) {
      return error.what();
    }
    return "accepted";
  }

  std::filesystem::path folder;
  const std::vector<TargetColumn> columns = {
      {"ID", "BIGINT"}, {"NAME", "STRING"}, {"OK", "BOOLEAN"}, {"PRICE", "DECIMAL(9, 2)"}, {"TAGS", "ARRAY<STRING>"}};
};

TEST_F(RowFileTest, CsvIsTypedByTheStream) {
  const auto path = write("a.csv",
                          "id,name,other,ok,price,tags\r\n"
                          "1,ann,x,TRUE,12.50,\"[\"\"a\"\",\"\"b\"\"]\"\r\n"
                          "two,\"say \"\"hi\"\",\nbob\",x,maybe,-1e3,nope\n"
                          "\n"
                          ",\"\",,,007,\n");
  const auto file = open_row_file(path, columns, "");
  EXPECT_THAT(file->unknown_columns(), ElementsAre("other"));
  EXPECT_THAT(read(*file),
              ElementsAre(R"({"ID":1,"NAME":"ann","OK":true,"PRICE":12.50,"TAGS":["a","b"]})",
                          R"({"ID":"two","NAME":"say \"hi\",\nbob","OK":"maybe","PRICE":-1e3,"TAGS":"nope"})",
                          R"({"ID":null,"NAME":"","OK":null,"PRICE":"007","TAGS":null})"));
}

TEST_F(RowFileTest, GzipAndLargeFiles) {
  std::string text = "ID,NAME\n";
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + ",name " + std::to_string(i) + "\n";
  for (const std::string name : {"b.csv", "b.csv.gz"}) {
    const auto rows = read(*open_row_file(write(name, text), columns, ""));
    ASSERT_EQ(rows.size(), 50'000u);
    EXPECT_EQ(rows[49'999], R"({"ID":49999,"NAME":"name 49999"})");
  }
}

TEST_F(RowFileTest, JsonLinesGoThroughAsTheyAre) {
  const auto path = write("c.jsonl", "{\"A\": 1.10, \"t\": \"2001-01-01T00:00:01Z\"}\n\n{\"T\":5}\r\n{\"X\":1}");
  const auto file = open_row_file(path, {}, "t");
  RowFile::Row row;
  ASSERT_TRUE(file->read(row));
  EXPECT_EQ(row.json, "{\"A\": 1.10, \"t\": \"2001-01-01T00:00:01Z\"}");
  EXPECT_EQ(row.time, 978307201000);
  ASSERT_TRUE(file->read(row));
  EXPECT_EQ(row.json, "{\"T\":5}");
  EXPECT_EQ(row.time, 5);
  ASSERT_TRUE(file->read(row));
  EXPECT_EQ(row.time, std::nullopt);
  EXPECT_FALSE(file->read(row));
}

TEST_F(RowFileTest, Mistakes) {
  EXPECT_THAT(refusal([&] { open_row_file("/nowhere/x.csv", columns, ""); }),
              HasSubstr("/nowhere/x.csv: No such file"));
  EXPECT_THAT(refusal([&] { open_row_file(write("d.csv", ""), columns, ""); }), HasSubstr("names of its columns"));
  EXPECT_THAT(refusal([&] { open_row_file(write("d.csv", "ID\n1\n"), columns, "WHEN"); }), HasSubstr("no column WHEN"));
  EXPECT_THAT(refusal([&] { read(*open_row_file(write("d.csv", "ID,NAME\n1\n"), columns, "")); }),
              HasSubstr("d.csv:2: expected 2 cells as in the first line, not 1"));
  EXPECT_THAT(refusal([&] { read(*open_row_file(write("d.csv", "ID,NAME\n1,\"x\n"), columns, "")); }),
              HasSubstr("d.csv:2: quotes that do not end"));
  const auto cut = write("e.csv.gz", "ID\n" + std::string(100'000, '1') + "\n");
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) - 12);
  EXPECT_THAT(refusal([&] { read(*open_row_file(cut, columns, "")); }), HasSubstr("cannot read"));
}

TEST(ParseTimeTest, NumbersAndIso8601) {
  EXPECT_EQ(parse_time("1000"), 1000);
  EXPECT_EQ(parse_time("-5"), -5);
  EXPECT_EQ(parse_time("2001-01-01"), 978307200000);
  EXPECT_EQ(parse_time("2001-01-01T00:01:00Z"), 978307260000);
  EXPECT_EQ(parse_time("2001-01-01 00:01"), 978307260000);
  EXPECT_EQ(parse_time("2001-01-01T01:00:00.5+01:00"), 978307200500);
  EXPECT_EQ(parse_time("2001-01-01T00:00:00.123456-0030"), 978309000123);
  EXPECT_EQ(parse_time("1969-12-31T23:59:59Z"), -1000);
  for (const char* text : {"", "x", "2001-13-01x", "2001-02-30", "2001-01-01T25:00:00", "2001-01-01T00:00:00Zx"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace millrace::shell
