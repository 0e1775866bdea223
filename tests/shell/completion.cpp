#include "shell/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace millrace::shell {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using Names = std::vector<std::string>;

const NameSource server = {[](NameKind kind) -> const Names& {
                             static const std::map<NameKind, Names> names = {
                                 {NameKind::streams, {"ORDERS", "lower"}},
                                 {NameKind::tables, {"ITEMS", "OPEN_ORDERS"}},
                                 {NameKind::queries, {"CSAS_ORDERS_1"}},
                                 {NameKind::topics, {"orders", "raw.topic"}},
                                 {NameKind::types, {"ADDRESS"}},
                                 {NameKind::functions, {"ABS", "COUNT"}},
                                 {NameKind::properties, {"auto.offset.reset", "cache.max.bytes.buffering"}},
                             };
                             return names.at(kind);
                           },
                           [](const std::string& source) -> const Names& {
                             static const Names of_orders = {"ID", "PRICE"};
                             static const Names none;
                             return source == "ORDERS" ? of_orders : none;
                           }};

Names candidates(const std::string& before, const std::string& after = "") {
  return complete(before, after, server).candidates;
}

TEST(CompletionTest, DependsOnWhereOneIs) {
  EXPECT_THAT(candidates("dr"), ElementsAre("DROP"));
  EXPECT_THAT(candidates("SELECT * FROM o"), ElementsAre("OPEN_ORDERS", "ORDERS"));
  EXPECT_THAT(candidates("SELECT * FROM a JOIN or"), ElementsAre("ORDERS"));
  EXPECT_THAT(candidates("INSERT INTO "), ElementsAre("ITEMS", "OPEN_ORDERS", "ORDERS", "`lower`"));
  EXPECT_THAT(candidates("drop stream "), ElementsAre("IF EXISTS", "ORDERS", "`lower`"));
  EXPECT_THAT(candidates("DROP TABLE IF EXISTS "), ElementsAre("ITEMS", "OPEN_ORDERS"));
  EXPECT_THAT(candidates("DROP TYPE "), ElementsAre("ADDRESS", "IF EXISTS"));
  EXPECT_THAT(candidates("TERMINATE "), ElementsAre("ALL", "CSAS_ORDERS_1"));
  EXPECT_THAT(candidates("PAUSE c"), ElementsAre("CSAS_ORDERS_1"));
  EXPECT_THAT(candidates("EXPLAIN cs"), ElementsAre("CSAS_ORDERS_1"));
  EXPECT_THAT(candidates("DESCRIBE FUNCTION a"), ElementsAre("ABS"));
  EXPECT_THAT(candidates("SHOW T"), ElementsAre("TABLES", "TOPICS", "TYPES"));
  EXPECT_THAT(candidates("HELP CREATE"), ElementsAre("CREATE STREAM", "CREATE TABLE", "CREATE TYPE"));
  EXPECT_THAT(candidates("HELP create t"), ElementsAre("TABLE", "TYPE"));
  EXPECT_THAT(candidates("HELP co"), ElementsAre("COUNT"));
}

TEST(CompletionTest, PropertiesAndTheirValues) {
  EXPECT_THAT(candidates("CREATE STREAM s (a INT) WITH (value_f"), ElementsAre("VALUE_FORMAT ="));
  EXPECT_THAT(candidates("CREATE STREAM s (a INT) WITH (value_format = 'J"), ElementsAre("'JSON'"));
  EXPECT_THAT(candidates("CREATE STREAM s (a INT) WITH (kafka_topic = "), ElementsAre("'orders'", "'raw.topic'"));
  EXPECT_THAT(candidates("SET 'auto"), ElementsAre("'auto.offset.reset'"));
  EXPECT_THAT(candidates("SET auto"), ElementsAre("'auto.offset.reset'"));
  EXPECT_THAT(candidates("SET 'auto.offset.reset' = "), ElementsAre("'earliest'", "'latest'"));
}

TEST(CompletionTest, TypesOfColumns) {
  EXPECT_THAT(candidates("CREATE STREAM s (a B"), ElementsAre("BIGINT", "BOOLEAN", "BYTES"));
  EXPECT_THAT(candidates("CREATE STREAM s (a ARRAY<ad"), ElementsAre("ADDRESS"));
  EXPECT_THAT(candidates("SELECT CAST(a AS big"), ElementsAre("BIGINT"));
  EXPECT_THAT(candidates("CREATE STREAM s (a INT, "), IsEmpty());
  EXPECT_THAT(candidates("CREATE STREAM s (a INT k"), ElementsAre("KEY"));
  EXPECT_THAT(candidates("CREATE STREAM s (a INT) "), ElementsAre("AS", "SELECT", "WITH"));
}

TEST(CompletionTest, ColumnsAndFunctionsInExpressions) {
  EXPECT_THAT(candidates("SELECT pr", " FROM orders"), Contains("PRICE"));
  EXPECT_THAT(candidates("SELECT * FROM orders o WHERE o.pr"), Contains("PRICE"));
  EXPECT_THAT(candidates("SELECT ab"), ElementsAre("ABS("));
  EXPECT_THAT(candidates("SELECT * FROM ORDERS WHERE x = 'ord"), IsEmpty());
}

TEST(CompletionTest, CommentsAndEarlierLines) {
  EXPECT_THAT(candidates("-- DROP STREAM\nDROP T"), ElementsAre("TABLE", "TYPE"));
  EXPECT_THAT(candidates("DROP STREAM /* the -- "), IsEmpty());
  EXPECT_THAT(candidates("SELECT 'from' FROM\n  it"), ElementsAre("ITEMS"));
  const auto completion = complete("SELECT * FROM `lo", "", server);
  EXPECT_EQ(completion.typed, "`lo");
  EXPECT_THAT(completion.candidates, ElementsAre("`lower`"));
  EXPECT_THAT(candidates("SELECT * FROM lo"), ElementsAre("`lower`"));
}

TEST(CompletionTest, Files) {
  char name[] = "/tmp/millrace-completion-XXXXXX";
  const std::filesystem::path folder = mkdtemp(name);
  std::ofstream(folder / "one.sql") << "";
  std::filesystem::create_directory(folder / "onward");
  const std::string path = folder.string();
  EXPECT_THAT(candidates("RUN SCRIPT '" + path + "/on"),
              ElementsAre("'" + path + "/one.sql'", "'" + path + "/onward/"));
  EXPECT_THAT(candidates("RUN SCRIPT '/nowhere/"), IsEmpty());
  std::filesystem::remove_all(folder);
}

TEST(CompletionTest, CommonBeginning) {
  EXPECT_EQ(common_beginning({"SENSORS", "SESSIONS"}), "SE");
  EXPECT_EQ(common_beginning({"`é`", "`è`"}), "`");
  EXPECT_EQ(common_beginning({"`éa`", "`éb`"}), "`é");
  EXPECT_EQ(common_beginning({}), "");
}

}  // namespace
}  // namespace millrace::shell
