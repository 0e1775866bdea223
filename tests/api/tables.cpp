// Tables as who reads them for the first time finds them.
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

TEST_F(Tables, OnlyTheirQueryWritesThem) {
  execute_well(
      "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');"
      "CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;");
  EXPECT_EQ(execute(url(), "INSERT INTO t (k, c) VALUES ('a', 1);").body.value("code", ""), "operation_forbidden");
  EXPECT_EQ(post_records("t", R"({"k": "a", "c": 1})").status, 403);
}

}  // namespace
}  // namespace millrace::testing
