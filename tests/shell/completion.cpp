#include "shell/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace millrace::shell {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
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
  EXPECT_THAT(candidates("SHOW ALL "), ElementsAre("STREAMS", "TABLES", "TOPICS"));
  EXPECT_THAT(candidates("ALTER SYSTEM 'auto"), ElementsAre("'auto.offset.reset'"));
  EXPECT_THAT(candidates("ALTER STREAM "), ElementsAre("ORDERS", "`lower`"));
  EXPECT_THAT(candidates("ASSERT TABLE "), ElementsAre("ITEMS", "OPEN_ORDERS"));
  EXPECT_THAT(candidates("PRINT ra"), ElementsAre("`raw.topic`"));
  EXPECT_THAT(candidates("PRINT o"), ElementsAre("`orders`"));
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
  EXPECT_THAT(candidates("CREATE STREAM s (a INT) "), ElementsAre("AS SELECT", "WITH ("));
}

TEST(CompletionTest, ColumnsAndFunctionsInExpressions) {
  EXPECT_THAT(candidates("SELECT pr", " FROM orders"), Contains("PRICE"));
  EXPECT_THAT(candidates("SELECT * FROM orders o WHERE o.pr"), Contains("PRICE"));
  EXPECT_THAT(candidates("SELECT ab"), ElementsAre("ABS("));
  EXPECT_THAT(candidates("SELECT * FROM ORDERS WHERE x = 'ord"), IsEmpty());
}

TEST(CompletionTest, ClausesOfAQuery) {
  EXPECT_THAT(candidates("SELECT * FR"), ElementsAre("FROM"));
  EXPECT_THAT(candidates("SELECT id FROM orders WH"), ElementsAre("WHEN", "WHERE"));
  EXPECT_THAT(candidates("SELECT id FROM orders e"), ElementsAre("ELSE", "EMIT CHANGES", "EMIT FINAL", "END"));
  EXPECT_THAT(candidates("SELECT id FROM orders EMIT "), ElementsAre("CHANGES", "FINAL"));
  EXPECT_THAT(candidates("SELECT id FROM orders WINDOW t"), ElementsAre("TUMBLING (SIZE"));
  EXPECT_THAT(candidates("SELECT id FROM orders WINDOW TUMBLING (SIZE 1 mi"), ElementsAre("MILLISECONDS", "MINUTES"));
  EXPECT_THAT(candidates("SELECT id FROM orders WINDOW TUMBLING (SIZE 1 MINUTE, g"), ElementsAre("GRACE PERIOD"));
  EXPECT_THAT(candidates("SELECT id FROM orders WHERE price IS n"),
              ElementsAre("NOT DISTINCT FROM", "NOT NULL", "NULL"));
  EXPECT_THAT(candidates("SELECT id FROM orders LEFT "), ElementsAre("JOIN", "OUTER JOIN"));
  EXPECT_THAT(candidates("SELECT id FROM orders o WHERE o."), ElementsAre("ID", "PRICE"));
  EXPECT_THAT(candidates("SELECT id FROM orders WHERE i"), ElementsAre("ID"));
  EXPECT_THAT(candidates("CREATE STREAM s AS SELECT id FROM o"), ElementsAre("OPEN_ORDERS", "ORDERS"));
  EXPECT_THAT(candidates("EXPLAIN SELECT id FROM or"), ElementsAre("ORDERS"));
  EXPECT_THAT(candidates("CREATE OR "), ElementsAre("REPLACE"));
  EXPECT_THAT(candidates("SELECT id FROM orders WHERE price > "), AllOf(Contains("PRICE"), Not(Contains("ABS("))));
}

TEST(CompletionTest, Inserts) {
  EXPECT_THAT(candidates("INSERT INTO orders "), ElementsAre("SELECT", "VALUES ("));
  EXPECT_THAT(candidates("INSERT INTO orders (id, "), ElementsAre("ID", "PRICE"));
  EXPECT_THAT(candidates("INSERT INTO orders (id) VALUES (a"), ElementsAre("ABS("));
  EXPECT_THAT(candidates("INSERT INTO orders SELECT id FROM or"), ElementsAre("ORDERS"));
}

TEST(CompletionTest, WhateverIsWrittenNothingBreaks) {
  for (const char* text :
       {"(((", ")))", "'", "`", "\"", ".", "SELECT", "FROM", "HELP HELP", "WITH (", "x y z ", "CREATE", "SELECT * FROM",
        "\xff\xfe", "INSERT INTO (", "SHOW ALL TOPICS ", "DROP STREAM IF EXISTS"}) {
    candidates(text);
    candidates(std::string(text) + " ");
    candidates("SELECT " + std::string(text), text);
  }
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
