// What the server tells of itself: SYS_AUDIT, SYS_STATISTICS, SYS_QUERIES.
#include <fmt/format.h>

#include <atomic>
#include <set>
#include <thread>

#include "tests/api/api_fixture.h"
#include "tests/program/web_socket_client.h"

namespace millrace::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::json;
using namespace std::chrono_literals;

class SystemStreams : public ApiTest {
 protected:
  SystemStreams() {
    settings = {"log.level=off", "statistics.interval.ms=500", "cache.max.bytes.buffering=0", "http.worker.threads=8"};
  }

  void SetUp() override {
    ApiTest::SetUp();
    execute_well(
        "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');");
  }
  // Asks again until there are so many rows.
  std::vector<Json> wait_rows(const std::string& sql, size_t count) {
    std::vector<Json> got;
    for (int i = 0; i < 200 && got.size() < count; ++i) {
      if (i > 0) std::this_thread::sleep_for(50ms);
      got = rows(sql);
    }
    return got;
  }
  // The last value of a counter, once it is so much.
  double wait_counter(const std::string& name, const std::string& operation, const std::string& object, double wanted) {
    std::string sql = "SELECT value FROM sys_statistics WHERE name = '" + name + "'";
    if (!operation.empty()) sql += " AND operation = '" + operation + "'";
    sql += object.empty() ? " AND object IS NULL;" : " AND object = '" + object + "';";
    double last = -1;
    for (int i = 0; i < 100 && last < wanted; ++i) {
      if (i > 0) std::this_thread::sleep_for(100ms);
      const auto got = rows(sql);
      double before = 0;
      for (const Json& row : got) {
        EXPECT_GE(row[0].get<double>(), before) << "a counter that falls";
        before = row[0];
      }
      last = before;
    }
    return last;
  }
};

TEST_F(SystemStreams, EveryRequestByEveryWayIsAudited) {
  execute(url(), "CREATE STREEM wrong");
  execute_well("INSERT INTO s (k, n) VALUES ('a', 1);");
  post_records("s", R"([{"k": "b", "n": 2}])");
  post_records("s", R"({"k": "b", "n": "x"})");
  post_records("nothing", "{}");
  rows("SELECT * FROM s;");
  {
    shell::HttpExchange inserts(url());
    inserts.send("POST", "/inserts-stream", "*/*", "{\"target\":\"s\"}\n{\"k\":\"c\"}\n");
    inserts.read_all();
    shell::HttpExchange close(url());
    close.send("POST", "/close-query", "*/*", R"({"queryId": "none"})");
    close.read_all();
    shell::HttpExchange garbage(url());
    garbage.send("POST", "/ksql", "*/*", "garbage");
    garbage.read_all();
  }
  WebSocketClient client(url(), "/v1/live");
  client.send(R"({"subscribe": "SELECT n FROM s", "id": "x"})");
  client.next();
  client.send(R"({"subscribe": "SELECT nn FROM s", "id": "y"})");
  client.next();
  const auto got = wait_rows("SELECT operation, object, status, code, way FROM sys_audit;", 13);
  std::vector<std::string> told;
  for (const Json& row : got) told.push_back(row.dump());
  told.resize(std::min<size_t>(told.size(), 13));
  EXPECT_THAT(
      told,
      ElementsAre(
          R"(["CREATE","S",200,"ok","POST /ksql"])", R"(["CREATE",null,400,"syntax","POST /ksql"])",
          R"(["INSERT","S",200,"ok","POST /ksql"])", R"(["INSERT","S",200,"ok","POST /v1/streams/s/records"])",
          R"(["INSERT","S",400,"type_mismatch","POST /v1/streams/s/records"])",
          R"(["INSERT","NOTHING",404,"source_unknown","POST /v1/streams/nothing/records"])",
          R"(["SELECT","S",200,"ok","POST /query-stream"])", R"(["INSERT","S",200,"ok","POST /inserts-stream"])",
          R"(["CLOSE","none",404,"query_unknown","POST /close-query"])",
          R"(["STATEMENT",null,400,"request_invalid","POST /ksql"])", R"(["CONNECT",null,101,"ok","GET /v1/live"])",
          R"(["SELECT","S",200,"ok","WS /v1/live"])", R"(["SELECT","S",400,"column_unknown","WS /v1/live"])"));
  const Json all = rows("SELECT * FROM sys_audit WHERE code = 'syntax';").at(0);
  EXPECT_EQ(all.size(), 13U);
  EXPECT_THAT(all[4].get<std::string>(), HasSubstr("127.0.0.1:"));  // PEER
  EXPECT_EQ(all[8], "CREATE STREEM wrong");                         // TEXT
  EXPECT_THAT(all[11].get<std::string>(), HasSubstr("expected"));   // ERROR
  EXPECT_GT(all[12].get<int64_t>(), 0);                             // DURATION_US
}

TEST_F(SystemStreams, FiveHundredRequestsAtOnceAreFiveHundredRowsInOrder) {
  constexpr int threads = 10, each = 50;
  std::vector<std::thread> clients;
  for (int t = 0; t < threads; ++t)
    clients.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const std::string mark = fmt::format("/* mark {} */ ", t * each + i);
        switch (i % 5) {
          case 0:
            execute(url(), mark + "SHOW STREAMS;");
            break;
          case 1:
            execute(url(), mark + fmt::format("INSERT INTO s (k, n) VALUES ('{}', {});", t, i));
            break;
          case 2:
            execute(url(), mark + "SELECT broken");
            break;
          case 3:
            execute(url(), mark + "DESCRIBE nothing;");
            break;
          default:
            query(url(), mark + "SELECT n FROM s LIMIT 1;");
        }
      }
    });
  for (std::thread& client : clients) client.join();
  const auto got =
      wait_rows("SELECT time, text FROM sys_audit WHERE text LIKE '/* mark%' AND operation <> 'SHOW';", 400);
  EXPECT_EQ(got.size(), 400U);
  const auto every = wait_rows("SELECT ROWTIME, text FROM sys_audit WHERE text LIKE '/* mark%';", threads * each);
  ASSERT_EQ(every.size(), static_cast<size_t>(threads * each));
  std::set<std::string> texts;
  int64_t before = 0;
  for (const Json& row : every) {
    texts.insert(row[1]);
    EXPECT_GE(row[0].get<int64_t>(), before);
    before = row[0];
  }
  EXPECT_EQ(texts.size(), static_cast<size_t>(threads * each));
}

TEST_F(SystemStreams, AuditIsSeenLiveSwitchedAndSurvivesARestart) {
  WebSocketClient client(url(), "/v1/live");
  client.send(R"({"subscribe": "SELECT operation, text FROM sys_audit WHERE operation = 'DESCRIBE'"})");
  EXPECT_EQ(client.next()["type"], "hello");
  execute_well("DESCRIBE s;");
  EXPECT_EQ(client.next(2s)["row"]["TEXT"], "DESCRIBE s;");
  execute_well("ALTER SYSTEM 'audit.enabled' = 'false';");
  EXPECT_THAT(execute_well("SHOW PROPERTIES;").dump(),
              HasSubstr(R"("name":"audit.enabled","scope":"SERVER","value":"false")"));
  execute_well("DESCRIBE s; -- unseen");
  EXPECT_THAT(execute(url(), "ALTER SYSTEM 'audit.enabled' = 'maybe';").body["message"].get<std::string>(),
              HasSubstr("'true' or 'false'"));
  server().terminate();
  EXPECT_EQ(server().reap(), 0);
  server().spawn();
  ASSERT_TRUE(server().wait_ready(60s));
  execute_well("DESCRIBE s; -- unseen");
  execute_well("ALTER SYSTEM 'audit.enabled' = 'true';");
  execute_well("DESCRIBE s; -- seen");
  const auto got = wait_rows("SELECT text FROM sys_audit WHERE operation = 'DESCRIBE';", 2);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[1][0], "DESCRIBE s; -- seen");
  execute_well("ALTER SYSTEM 'audit.retention.ms' = '3600000';");
  EXPECT_THAT(execute_well("SHOW PROPERTIES;").dump(),
              HasSubstr(R"("name":"audit.retention.ms","scope":"SERVER","value":"3600000")"));
  EXPECT_EQ(execute(url(), "ALTER SYSTEM 'audit.retention.ms' = '5';").status, 400);
}

TEST_F(SystemStreams, BytesThatAreNoTextHideNothing) {
  post_records("%FF%FE", "{}");
  {
    shell::HttpExchange exchange(url());
    exchange.send("POST", "/ksql", "*/*", "{\"ksql\": \"XYZZY;\"}");
    exchange.read_all();
  }
  const auto got = wait_rows("SELECT operation, object, text FROM sys_audit WHERE status >= 400;", 2);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0][1], "??");
  EXPECT_EQ(got[1][0], "UNKNOWN");
  // Words and names that clients make up are no metrics.
  shell::HttpExchange metrics(url());
  metrics.send("GET", "/metrics", "*/*", "");
  const std::string text = metrics.read_all();
  EXPECT_EQ(text.find("XYZZY"), std::string::npos);
  EXPECT_EQ(text.find("object=\"??\""), std::string::npos);
}

TEST_F(SystemStreams, NobodyWritesThem) {
  for (const char* stream : {"SYS_AUDIT", "SYS_STATISTICS", "SYS_QUERIES", "SYS_ERRORS"}) {
    SCOPED_TRACE(stream);
    for (const std::string& statement :
         {fmt::format("INSERT INTO {} (time) VALUES (1);", stream), fmt::format("DROP STREAM {};", stream),
          fmt::format("DROP STREAM {} CASCADE;", stream),
          fmt::format("INSERT INTO {} SELECT * FROM {};", stream, stream),
          fmt::format("ALTER STREAM {} ADD COLUMN x INT;", stream),
          fmt::format("CREATE STREAM {} (a INT) WITH (kafka_topic = 'x', partitions = 1, value_format = 'JSON');",
                      stream),
          fmt::format("CREATE OR REPLACE STREAM {} AS SELECT * FROM s;", stream)}) {
      SCOPED_TRACE(statement);
      const Answer answer = execute(url(), statement);
      EXPECT_GE(answer.status, 400) << answer.body;
    }
    EXPECT_EQ(post_records(stream, "{}").status, 403);
  }
  EXPECT_GE(
      execute(url(), "CREATE STREAM sys_mine (a INT) WITH (kafka_topic = 'x', partitions = 1, value_format = 'JSON');")
          .status,
      400);
  // Nor their topics, under another name.
  EXPECT_GE(
      execute(url(),
              "CREATE STREAM mine (a INT) WITH (kafka_topic = '_millrace_default__audit', value_format = 'JSON');")
          .status,
      400);
}

TEST_F(SystemStreams, RequestsAndRowsAreCounted) {
  for (int i = 0; i < 6; ++i)
    execute_well(fmt::format(
        "CREATE STREAM s{} (n INT) WITH (kafka_topic = 's{}', partitions = 1, value_format = 'JSON');", i, i));
  for (int i = 0; i < 100; ++i) execute_well(fmt::format("INSERT INTO s (k, n) VALUES ('k', {});", i));
  post_records("s", "{\"k\": \"a\"}\n{\"k\": \"b\"}\n{\"n\": \"x\"}\n", "application/x-ndjson");
  EXPECT_EQ(wait_counter("requests", "CREATE", "S0", 1), 1);
  EXPECT_EQ(wait_counter("requests", "INSERT", "S", 101), 101);
  EXPECT_EQ(wait_counter("stream_rows_inserted", "", "S", 102), 102);
  EXPECT_GT(wait_counter("stream_bytes_inserted", "", "S", 1), 500);
  execute_well("CREATE STREAM even AS SELECT k, n FROM s WHERE n % 2 = 0;");
  for (int i = 0; i < 10; ++i) execute_well(fmt::format("INSERT INTO s (k, n) VALUES ('k', {});", i));
  EXPECT_EQ(wait_counter("query_rows_in", "", "CSAS_EVEN_7", 10), 10);
  EXPECT_EQ(wait_counter("query_rows_filtered", "", "CSAS_EVEN_7", 5), 5);
  EXPECT_EQ(wait_counter("stream_rows_written", "", "EVEN", 5), 5);
  // Distributions: of each kind of request, of commits and steps.
  for (const char* name : {"request_duration", "commit_duration", "step_duration"}) {
    SCOPED_TRACE(name);
    const auto got =
        wait_rows(fmt::format("SELECT kind, unit, count, min, p50, p99, max, rate_mean FROM sys_statistics WHERE "
                              "name = '{}' AND count > 0;",
                              name),
                  1);
    ASSERT_FALSE(got.empty());
    const Json& row = got.back();
    EXPECT_EQ(row[0], "timer");
    EXPECT_EQ(row[1], "microseconds");
    EXPECT_LE(row[3].get<double>(), row[4].get<double>());
    EXPECT_LE(row[4].get<double>(), row[5].get<double>());
    EXPECT_LE(row[5].get<double>(), row[6].get<double>());
    EXPECT_GT(row[7].get<double>(), 0);
  }
  // They are streams like any other: an alarm over them.
  execute_well(
      "CREATE STREAM alarms AS SELECT name, p99 FROM sys_statistics WHERE name = 'request_duration' AND p99 > 1;");
  EXPECT_FALSE(wait_rows("SELECT * FROM alarms;", 1).empty());
}

TEST_F(SystemStreams, RateOfASteadyStream) {
  const auto begin = std::chrono::steady_clock::now();
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += "{\"n\": 1}\n";
  int sent = 0;
  for (; sent < 100; ++sent) {
    std::this_thread::sleep_until(begin + sent * 100ms);
    ASSERT_EQ(post_records("s", hundred).status, 200);
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  const double wanted = 100 * sent / passed.count();
  const auto got = wait_rows(
      "SELECT rate_1m, rate_5m, rate_15m, rate_mean FROM sys_statistics WHERE name = 'stream_rows_inserted' AND "
      "object = 'S';",
      15);
  ASSERT_FALSE(got.empty());
  for (const Json& rate : got.back()) EXPECT_NEAR(rate.get<double>(), wanted, wanted / 20) << got.back();
}

TEST_F(SystemStreams, StatesOfQueriesAreTold) {
  execute_well("CREATE STREAM q AS SELECT * FROM s;");
  execute_well("PAUSE CSAS_Q_1;");
  execute_well("RESUME CSAS_Q_1;");
  execute_well("CREATE OR REPLACE STREAM q AS SELECT * FROM s;");  // it is held, and goes on
  execute_well("TERMINATE CSAS_Q_1;");
  const auto got = wait_rows("SELECT query, state FROM sys_queries;", 6);
  std::vector<std::string> states;
  for (const Json& row : got) {
    EXPECT_EQ(row[0], "CSAS_Q_1");
    states.push_back(row[1]);
  }
  EXPECT_THAT(states, ElementsAre("RUNNING", "PAUSED", "RUNNING", "PAUSED", "RUNNING", "TERMINATED"));
}

}  // namespace
}  // namespace millrace::testing
