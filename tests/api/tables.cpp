// Tables as who reads them for the first time finds them.
#include <fmt/format.h>

#include <thread>

#include "tests/api/api_fixture.h"

namespace millrace::testing {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

class Tables : public ApiTest {
 protected:
  Tables() { settings = {"log.level=off"}; }

  bool wait_rows(const std::string& sql, const std::vector<Json>& wanted) {
    std::vector<Json> got;
    for (int i = 0; i < 200 && got != wanted; ++i) {
      if (i > 0) std::this_thread::sleep_for(50ms);
      got = rows(sql);
    }
    EXPECT_EQ(got, wanted);
    return got == wanted;
  }
};

// Nobody said where to begin: a table is what it holds, a stream what comes.
TEST_F(Tables, WhatTheyHoldIsThereForANewQuery) {
  execute_well(
      "CREATE TABLE users (id INT PRIMARY KEY, name STRING) WITH (kafka_topic = 'users', partitions = 1, value_format "
      "= 'JSON');"
      "CREATE STREAM visits (id INT KEY, page STRING) WITH (kafka_topic = 'visits', partitions = 1, value_format = "
      "'JSON');"
      "INSERT INTO users VALUES (1, 'ann');"
      "INSERT INTO visits VALUES (1, 'before');"
      "CREATE TABLE named AS SELECT id, name FROM users;"
      "CREATE STREAM seen AS SELECT v.id AS id, v.page AS page, u.name AS name FROM visits v JOIN users u ON v.id = "
      "u.id;"
      "INSERT INTO visits VALUES (1, 'after');");
  wait_rows("SELECT * FROM named;", {Json::parse(R"([1, "ann"])")});
  wait_rows("SELECT * FROM seen;", {Json::parse(R"([1, "after", "ann"])")});
  execute(url(), "CREATE TABLE late AS SELECT id, name FROM users;", {{"auto.offset.reset", "latest"}});
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(rows("SELECT * FROM late;"), std::vector<Json>());
}

// Also by way of several queries, and where rows come faster than steps are committed.
TEST_F(Tables, WhatWasAcknowledgedIsThere) {
  execute_well(
      "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON');"
      "CREATE STREAM odd AS SELECT * FROM s WHERE n % 2 = 1;"
      "CREATE STREAM renamed AS SELECT k, n AS number FROM odd;"
      "CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;"
      "CREATE TABLE u AS SELECT k, COUNT(*) AS c FROM renamed GROUP BY k;");
  for (int n = 1; n <= 90; ++n) {
    ASSERT_EQ(post_records("s", fmt::format(R"({{"k": "{}", "n": {}}})", n % 3 == 0 ? "a" : "b", n)).status, 200);
    if (n % 6 != 0) continue;
    SCOPED_TRACE(n);
    EXPECT_EQ(rows("SELECT c FROM t WHERE k = 'a';"), std::vector<Json>{Json::array({n / 3})});
    EXPECT_EQ(rows("SELECT c FROM u WHERE k = 'a';"), std::vector<Json>{Json::array({n / 6})});
    EXPECT_EQ(rows("SELECT number FROM renamed WHERE k = 'a';").size(), static_cast<size_t>(n / 6));
  }
  // What does not run is not waited for.
  execute_well("PAUSE ALL;");
  ASSERT_EQ(post_records("s", R"({"k": "a", "n": 1})").status, 200);
  EXPECT_EQ(rows("SELECT c FROM t WHERE k = 'a';"), std::vector<Json>{Json::array({30})});
  EXPECT_EQ(rows("SELECT number FROM renamed WHERE k = 'a';").size(), 15U);
}

// By several ways, of which some are longer, and one leads back.
TEST_F(Tables, WhatWasAcknowledgedIsThereByEveryWay) {
  std::string sql =
      "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');"
      "CREATE STREAM far AS SELECT * FROM s; CREATE STREAM farther AS SELECT * FROM far;"
      "CREATE STREAM all_ways AS SELECT * FROM s;"
      "INSERT INTO all_ways SELECT * FROM farther; INSERT INTO all_ways SELECT k, n + 100 AS n FROM all_ways WHERE n < "
      "0;"
      "CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM all_ways GROUP BY k;";
  for (int i = 0; i < 40; ++i) sql += fmt::format("INSERT INTO all_ways SELECT * FROM s WHERE n = {};", i);
  execute_well(sql);
  for (int n = 0; n < 40; ++n) {
    ASSERT_EQ(post_records("s", fmt::format(R"({{"k": "a", "n": {}}})", n)).status, 200);
    SCOPED_TRACE(n);
    EXPECT_EQ(rows("SELECT c FROM t WHERE k = 'a';"), std::vector<Json>{Json::array({3 * (n + 1)})});
    EXPECT_EQ(rows("SELECT n FROM all_ways;").size(), static_cast<size_t>(3 * (n + 1)));
  }
}

TEST_F(Tables, OnlyTheirQueryWritesThem) {
  execute_well(
      "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');"
      "CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;");
  EXPECT_EQ(execute(url(), "INSERT INTO t (k, c) VALUES ('a', 1);").body.value("code", ""), "operation_forbidden");
  EXPECT_EQ(post_records("t", R"({"k": "a", "c": 1})").status, 403);
}

}  // namespace
}  // namespace millrace::testing
