// Every option of the configuration has an effect: shown here, or by a test that is named here.
#include "server/options.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <thread>

#include "tests/api/api_fixture.h"
#include "tests/program/web_socket_client.h"
#include "tests/server/raw_client.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
using namespace std::chrono_literals;

// A server with settings of its own. Of two settings of one option the later counts.
class OneServer {
 public:
  explicit OneServer(std::vector<std::string> settings = {}) {
    settings.insert(settings.begin(), {"log.level=off", "auto.offset.reset=earliest"});
    process_ = std::make_unique<ServerProcess>(directory_.path() + "/data", settings);
    process_->keep_errors(directory_.path() + "/errors");
    process_->spawn();
    EXPECT_TRUE(process_->wait_ready(60s)) << process_->errors();
  }

  ServerProcess& process() { return *process_; }
  const shell::ServerUrl& url() const { return process_->url(); }
  uint16_t port() const { return static_cast<uint16_t>(std::stoi(url().port)); }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

  // A stream S of one partition, and a table T that counts its rows by key.
  void begin_counting() {
    execute_well(
        url(),
        "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');"
        "CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;");
  }
  Answer post(const std::string& path, const std::string& body) {
    shell::HttpExchange exchange(url());
    exchange.send("POST", path, "application/json", body);
    const std::string text = exchange.read_all();
    return {exchange.status(), Json::parse(text, nullptr, false)};
  }
  // Rows of one key into S, in one commit.
  Answer insert(int count, const std::string& key = "a") {
    std::string body;
    for (int n = 0; n < count; ++n) body += fmt::format("{{\"k\":\"{}\",\"n\":{}}}\n", key, n);
    return post("/v1/streams/s/records", body);
  }
  std::vector<Json> rows(const std::string& sql) { return query(url(), sql); }
  // How many changes the query told of so many rows.
  size_t changes_of(int64_t count, const std::string& query = "CTAS_T_1") {
    const auto counter = [&query](const std::string& metrics, const std::string& name) {
      const std::string line = "\nmillrace_query_rows_" + name + "_total{object=\"" + query + "\"} ";
      const size_t at = metrics.find(line);
      return at == std::string::npos ? int64_t{-1} : std::stoll(metrics.substr(at + line.size()));
    };
    for (int i = 0; i < 600; ++i, std::this_thread::sleep_for(50ms)) {
      shell::HttpExchange exchange(url());
      exchange.send("GET", "/metrics", "text/plain", "");
      const std::string metrics = exchange.read_all();
      if (counter(metrics, "in") == count) return static_cast<size_t>(counter(metrics, "out"));
    }
    ADD_FAILURE() << "the query does not come to row " << count;
    return 0;
  }
  size_t threads() const {
    const std::filesystem::directory_iterator tasks(fmt::format("/proc/{}/task", process_->id()));
    return static_cast<size_t>(std::distance(begin(tasks), end(tasks)));
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ServerProcess> process_;
};

void expect_refusal(const Answer& answer, int status, const std::string& option) {
  EXPECT_EQ(answer.status, status) << answer.body;
  EXPECT_THAT(answer.body.dump(), HasSubstr(option));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// --- what each does

void service_id() {
  OneServer server({"service.id=of_a_test"});
  EXPECT_EQ(get(server.url(), "/info").body["KsqlServerInfo"]["ksqlServiceId"], "of_a_test");
}

void log_level() {
  for (const auto& [level, says] : {std::pair{"info", true}, std::pair{"off", false}}) {
    OneServer server({fmt::format("log.level={}", level)});
    server.process().terminate();
    EXPECT_EQ(server.process().reap(), 0);
    EXPECT_EQ(server.process().errors().find("stopped") != std::string::npos, says) << level;
  }
}

void engine_threads() {
  const size_t few = OneServer({"engine.threads=1"}).threads();
  EXPECT_GE(OneServer({"engine.threads=9"}).threads(), few + 8);
}

void worker_threads() {
  const size_t few = OneServer({"http.worker.threads=1"}).threads();
  EXPECT_EQ(OneServer({"http.worker.threads=9"}).threads(), few + 8);
}

// Once per step: so many steps were there.
size_t steps_of_rows(int rows, std::vector<std::string> settings) {
  OneServer server(std::move(settings));
  server.begin_counting();
  EXPECT_EQ(server.insert(rows).status, 200);
  return server.changes_of(rows);
}

void step_rows() {
  EXPECT_EQ(steps_of_rows(100, {"step.ms=60000"}), 1U);
  EXPECT_GE(steps_of_rows(100, {"step.ms=60000", "batch.rows=10", "step.rows=10"}), 5U);
}

void step_bytes() { EXPECT_GE(steps_of_rows(100, {"step.ms=60000", "batch.rows=10", "step.bytes=100"}), 2U); }

void batch_rows() {
  // A step ends between two batches.
  EXPECT_EQ(steps_of_rows(100, {"step.ms=60000", "step.rows=1", "batch.rows=100"}), 1U);
  EXPECT_GE(steps_of_rows(100, {"step.ms=60000", "step.rows=1", "batch.rows=10"}), 5U);
}

void step_milliseconds() {
  EXPECT_EQ(steps_of_rows(60'000, {"step.ms=600000", "batch.rows=100"}), 1U);
  EXPECT_GE(steps_of_rows(60'000, {"step.ms=1", "batch.rows=100"}), 3U);
}

void buffering() {
  EXPECT_EQ(steps_of_rows(50, {"step.ms=60000", "cache.max.bytes.buffering=0"}), 50U);
  EXPECT_EQ(steps_of_rows(50, {"step.ms=60000", "cache.max.bytes.buffering=1"}), 1U);
}

void offset_reset() {
  for (const auto& [reset, seen] : {std::pair{"earliest", 2}, std::pair{"latest", 1}}) {
    OneServer server({fmt::format("auto.offset.reset={}", reset)});
    execute_well(server.url(),
                 "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = "
                 "'JSON'); INSERT INTO s (k, n) VALUES ('a', 1);"
                 "CREATE STREAM copy AS SELECT k, n FROM s; INSERT INTO s (k, n) VALUES ('a', 2);");
    std::vector<Json> copied;
    for (int i = 0; i < 200 && (copied.empty() || copied.back()[0] != 2); ++i, std::this_thread::sleep_for(50ms))
      copied = server.rows("SELECT n FROM copy;");
    EXPECT_EQ(copied.size(), static_cast<size_t>(seen)) << reset;
  }
}

void statistics_interval() {
  OneServer server({"statistics.interval.ms=100"});
  std::vector<Json> told;
  for (int i = 0; i < 200 && told.size() < 4; ++i, std::this_thread::sleep_for(50ms))
    told = server.rows("SELECT rowtime FROM sys_statistics WHERE name = 'up_seconds';");
  ASSERT_GE(told.size(), 4U);
  EXPECT_LT(told[3][0].get<int64_t>() - told[0][0].get<int64_t>(), 3 * 5000);
}

void audit_text() {
  OneServer server({"audit.text.bytes.max=10"});
  execute_well(server.url(), "SHOW STREAMS EXTENDED;");
  std::vector<Json> told;
  for (int i = 0; i < 200 && told.empty(); ++i, std::this_thread::sleep_for(50ms))
    told = server.rows("SELECT text FROM sys_audit WHERE operation = 'SHOW';");
  ASSERT_FALSE(told.empty());
  EXPECT_THAT(told[0][0].get<std::string>(), ::testing::StartsWith("SHOW STR"));
  EXPECT_THAT(told[0][0].get<std::string>(), Not(HasSubstr("EXTENDED")));
}

void statement_bytes() {
  OneServer server({"statement.bytes.max=20"});
  expect_refusal(execute(server.url(), "SHOW STREAMS; SHOW TABLES; SHOW QUERIES;"), 413, "20");
  EXPECT_EQ(execute(server.url(), "SHOW STREAMS;").status, 200);
}

void queries() {
  OneServer server({"queries.max=6"});
  // Streams count, too, and the server has some of its own.
  Answer last;
  for (int i = 0; i < 10 && last.status != 413; ++i)
    last = execute(server.url(), fmt::format("CREATE STREAM s{0} (n INT) WITH (kafka_topic = 's{0}', partitions = 1, "
                                             "value_format = 'JSON');",
                                             i));
  expect_refusal(last, 413, "queries.max");
}

void record_bytes() {
  OneServer server({"record.bytes.max=100"});
  server.begin_counting();
  expect_refusal(server.insert(1, std::string(100, 'k')), 400, "record.bytes.max");
  EXPECT_EQ(server.insert(1, std::string(50, 'k')).status, 200);
}

Json error_of(WebSocketClient& client) {
  Json message;
  do message = client.next(20s);
  while (!message.is_null() && message["type"] != "error");
  return message;
}

void live_rows() {
  OneServer server({"live.rows.max=3"});
  server.begin_counting();
  for (const char* key : {"a", "b", "c", "d"}) server.insert(1, key);
  WebSocketClient client(server.url(), "/v1/live");
  client.send(R"({"subscribe": "SELECT * FROM t"})");
  EXPECT_THAT(error_of(client).dump(), HasSubstr("live.rows.max"));
}

// A reader that is behind waits, or misses what was not kept for it.
void live_buffer() {
  const auto missed = [](const std::string& bytes) {
    OneServer server({"live.buffer.bytes=" + bytes});
    server.begin_counting();
    WebSocketClient client(server.url(), "/v1/live");
    const std::string pad(1000, 'x');
    client.send(R"({"subscribe": "SELECT n, ')" + pad + R"(' AS pad FROM s", "slow": "drop"})");
    EXPECT_EQ(client.next()["type"], "hello");
    constexpr int64_t rows = 20'000;  // more than a socket holds
    for (int64_t i = 0; i < rows; i += 1000) EXPECT_EQ(server.insert(1000).status, 200);
    server.changes_of(rows);
    int64_t dropped = 0, came = 0;
    while (dropped + came < rows) {
      const Json message = client.next();
      if (message.is_null()) return int64_t{-1};
      dropped += message["type"] == "dropped" ? message["count"].get<int64_t>() : 0;
      came += message["type"] == "change";
    }
    return dropped;
  };
  EXPECT_GT(missed("1000"), 0);
  EXPECT_EQ(missed("100000000"), 0);
}

// Large rows that nobody takes; one that is larger than the limit passes as well.
void result_bytes() {
  constexpr size_t megabyte = 1 << 20;
  const auto kept = [](const std::string& bytes) {
    OneServer server({"result.bytes.max=" + bytes});
    server.begin_counting();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(server.insert(1, std::string(megabyte, 'k')).status, 200);
    server.changes_of(100);
    const std::string request = Json{{"sql", "SELECT k + 'x' AS large FROM s EMIT CHANGES LIMIT 100;"}}.dump();
    const size_t resident = server.process().resident_bytes();
    shell::HttpExchange sleeper(server.url());
    sleeper.send("POST", "/query-stream", "*/*", request);
    size_t most = resident;
    for (int i = 0; i < 40; ++i, std::this_thread::sleep_for(50ms))
      most = std::max(most, server.process().resident_bytes());
    shell::HttpExchange reader(server.url());
    reader.send("POST", "/query-stream", "*/*", request);
    EXPECT_GT(reader.read_all().size(), 100 * megabyte) << bytes;
    return most - resident;
  };
  const size_t little = kept("1000");
  const size_t much = kept("1000000000");
  fmt::print("rows that nobody takes: {} and {} MB\n", little / megabyte, much / megabyte);
  EXPECT_LT(little + 40 * megabyte, much);
}

// Those who follow the same text share a query; who goes makes room.
void live_queries() {
  OneServer server({"live.queries.max=2"});
  server.begin_counting();
  const auto follow = [&](WebSocketClient& client, const std::string& sql) {
    client.send(Json{{"subscribe", sql}}.dump());
    return client.next();
  };
  auto first = std::make_unique<WebSocketClient>(server.url(), "/v1/live");
  WebSocketClient second(server.url(), "/v1/live");
  EXPECT_EQ(follow(*first, "SELECT c FROM t")["type"], "hello");
  EXPECT_EQ(follow(second, "SELECT k, c FROM t")["type"], "hello");
  EXPECT_EQ(follow(second, "SELECT k, c FROM t")["type"], "hello");
  const Json third = follow(second, "SELECT n FROM s");
  EXPECT_EQ(third.value("code", ""), "quota_exceeded") << third;
  EXPECT_THAT(third.dump(), HasSubstr("2 SELECTs are followed already, the limit is 2 (live.queries.max)"));
  for (const char* path : {"/query-stream", "/query"})
    expect_refusal(
        server.post(path, R"({"sql": "SELECT n FROM s EMIT CHANGES;", "ksql": "SELECT n FROM s EMIT CHANGES;"})"), 429,
        "live.queries.max");
  expect_refusal(server.post("/v1/live", R"({"sql": "SELECT n FROM s"})"), 429, "live.queries.max");
  WebSocketClient old(server.url(),
                      "/ws/query?request=" + percent_encoded(R"({"ksql": "SELECT n FROM s EMIT CHANGES;"})"));
  EXPECT_THAT(old.next().dump(), HasSubstr("live.queries.max"));
  first->cut();
  Json again = Json::object();
  for (int i = 0; i < 200 && again.value("type", "") != "hello"; ++i, std::this_thread::sleep_for(50ms))
    again = follow(second, "SELECT n FROM s");
  EXPECT_EQ(again["type"], "hello") << again;
}

// A result that grows beyond it ends, and what it held is there for others, who go on meanwhile.
void live_bytes() {
  OneServer server({"live.bytes.max=300000"});
  server.begin_counting();
  WebSocketClient small(server.url(), "/v1/live");
  small.send(R"({"subscribe": "SELECT n FROM s"})");
  EXPECT_EQ(small.next()["type"], "hello");
  WebSocketClient large(server.url(), "/v1/live");
  large.send(R"({"subscribe": "SELECT * FROM t"})");
  EXPECT_EQ(large.next()["type"], "hello");
  constexpr int keys = 300;
  for (int i = 0; i < keys; ++i) server.insert(1, fmt::format("{}{}", std::string(1000, 'k'), i));
  const Json error = error_of(large);
  EXPECT_EQ(error["code"], "quota_exceeded");
  EXPECT_THAT(error["message"].get<std::string>(), HasSubstr("the limit is 300000 (live.bytes.max)"));
  for (int i = 0; i < keys; ++i) ASSERT_EQ(small.next().value("type", ""), "change") << i;
  // One that does not read holds more than there may be: no one else is let in until it goes.
  auto frozen = std::make_unique<WebSocketClient>(server.url(), "/v1/live");
  frozen->send(R"({"subscribe": "SELECT n, ')" + std::string(1000, 'x') + R"(' AS pad FROM s",)" +
               R"("properties": {"auto.offset.reset": "earliest"}})");
  EXPECT_EQ(frozen->next()["type"], "hello");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.insert(1000).status, 200);
  Answer refused;
  for (int i = 0; i < 200 && refused.status != 429; ++i, std::this_thread::sleep_for(50ms))
    refused = server.post("/v1/live", R"({"sql": "SELECT k FROM s LIMIT 0"})");
  expect_refusal(refused, 429, "live.bytes.max");
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(small.next().value("type", ""), "change") << i;
  frozen->cut();
  for (int i = 0; i < 200 && refused.status != 200; ++i, std::this_thread::sleep_for(50ms))
    refused = server.post("/v1/live", R"({"sql": "SELECT k FROM s LIMIT 0"})");
  EXPECT_EQ(refused.status, 200);
}

void inserts_outstanding() {
  OneServer server({"inserts.outstanding.max=5"});
  server.begin_counting();
  expect_refusal(server.insert(6), 413, "inserts.outstanding.max");
  EXPECT_EQ(server.insert(5).status, 200);
}

void state_bytes() {
  OneServer server({"state.bytes.max=1"});
  server.begin_counting();
  server.insert(1);
  std::string shown;
  for (int i = 0; i < 200 && shown.find("state.bytes.max") == std::string::npos; ++i, std::this_thread::sleep_for(50ms))
    shown = execute_well(server.url(), "SHOW QUERIES;").dump();
  EXPECT_THAT(shown, HasSubstr("state.bytes.max"));
}

// Keys that change seldom hold back the cleaning of what others left.
void state_log_slack() {
  const auto records = [](const std::string& slack) {
    OneServer server({"state.log.slack.bytes=" + slack});
    server.begin_counting();
    server.insert(1, "seldom");
    for (int i = 1; i <= 300; ++i) {
      server.insert(1, "often");
      for (bool seen = false; !seen; std::this_thread::sleep_for(5ms))
        seen = !server.rows(fmt::format("SELECT c FROM t WHERE k = 'often' AND c = {};", i)).empty();
      if (i % 20 == 0) server.insert(1, "seldom");
    }
    const Json topics = execute_well(server.url(), "SHOW ALL TOPICS EXTENDED;");
    for (const Json& topic : topics[0]["topics"])
      if (topic["name"].get<std::string>().ends_with("_state")) return topic.value("records", int64_t{-1});
    return int64_t{-1};
  };
  const int64_t few = records("1");
  const int64_t many = records("268435456");
  fmt::print("records of state: {} and {}\n", few, many);
  EXPECT_GE(few, 0);
  EXPECT_LT(few, many);
}

void connections() {
  OneServer server({"http.connections.max=2"});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send("GET /info HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(clients.back()->wait_for("KsqlServerInfo"));
  }
  RawClient third(server.port());
  ASSERT_TRUE(third.wait_for_end());
  EXPECT_THAT(third.received, ::testing::AllOf(HasSubstr(" 503 "), HasSubstr("http.connections.max")));
}

void header_bytes() {
  OneServer server({"http.header.bytes.max=300"});
  RawClient client(server.port());
  client.send("GET /info HTTP/1.1\r\nHost: a\r\nX: " + std::string(400, 'x') + "\r\n\r\n");
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, ::testing::AllOf(HasSubstr(" 431 "), HasSubstr("300 bytes")));
}

void body_bytes() {
  OneServer server({"http.body.bytes.max=100"});
  expect_refusal(server.post("/ksql", Json{{"ksql", std::string(100, ' ')}}.dump()), 413, "http.body.bytes.max");
}

// Bodies that are read whole, and insert streams.
void requests_bytes() {
  OneServer server({"http.requests.bytes.max=4000"});
  server.begin_counting();
  expect_refusal(server.insert(1, std::string(4000, 'k')), 503, "http.requests.bytes.max");
  RawClient client(server.port());
  client.send("POST /inserts-stream HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n{\"target\":\"s\"}\n{\"k\":\"" +
              std::string(4000, 'k'));
  EXPECT_TRUE(client.wait_for("http.requests.bytes.max", 30s)) << client.received;
  client.close();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.insert(1, std::string(400, 'k')).status, 200);
}

void idle_timeout() {
  OneServer server({"http.idle.timeout.ms=200"});
  RawClient client(server.port());
  client.send("GET /info HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.wait_for_end(30s)) << "the default is 120 s";
  EXPECT_THAT(client.received, HasSubstr("KsqlServerInfo"));
}

// Answers that nobody takes.
void write_timeout() {
  OneServer server({"http.write.timeout.ms=300"});
  RawClient client(server.port());
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "GET /info HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto deadline = std::chrono::steady_clock::now() + 30s;  // the default is 60 s
  while (client.send(requests) && std::chrono::steady_clock::now() < deadline) continue;
  EXPECT_LT(std::chrono::steady_clock::now(), deadline);
}

void phase_file() {
  TemporaryDirectory directory;
  OneServer server({"debug.phase.file=" + directory.path() + "/phase"});
  server.begin_counting();
  server.insert(1);
  server.changes_of(1);
  EXPECT_FALSE(read_file(directory.path() + "/phase").empty());
}

// --- the table

struct Effect {
  std::string option;
  void (*shows)() = nullptr;  // absent: a test elsewhere does, which stands in this file of the source
  std::string file = {};
  std::string test = {};
};

void PrintTo(const Effect& effect, std::ostream* out) { *out << effect.option; }

const std::vector<Effect>& effects() {
  static const std::vector<Effect> all = {
      {"listen", nullptr, "tests/program/serve", "begin --listen 0.0.0.0:0"},
      {"data.dir", nullptr, "tests/program/serve", "# the directory has a server"},
      {"service.id", service_id},
      {"log.level", log_level},
      {"log.sync", nullptr, "tests/log/sudden_end.cpp", "PowerCutsWithoutSyncLeaveAWholeBeginning"},
      {"log.sync.interval.ms", nullptr, "tests/log/sudden_end.cpp", "PowerCutsWithoutSyncLeaveAWholeBeginning"},
      {"topic.replication", nullptr, "tests/kafka/server.cpp", "TopicsAreReplicatedAsConfigured"},
      {"inserts.timeout.ms", nullptr, "tests/kafka/trouble.cpp", "BrokersThatAreAwayAreWaitedForAndNamed"},
      {"max.task.idle.ms", nullptr, "tests/kafka/topics.cpp", "PartitionsComeByTime"},
      {"engine.threads", engine_threads},
      {"batch.rows", batch_rows},
      {"step.rows", step_rows},
      {"step.bytes", step_bytes},
      {"step.ms", step_milliseconds},
      {"commit.interval.ms", nullptr, "tests/api/options.cpp", "ResultsComeAtTheCommitInterval"},
      {"auto.offset.reset", offset_reset},
      {"cache.max.bytes.buffering", buffering},
      {"statistics.interval.ms", statistics_interval},
      {"audit.text.bytes.max", audit_text},
      {"statistics.objects.max", nullptr, "tests/api/operations.cpp", "NumberOfSeriesIsBounded"},
      {"statement.bytes.max", statement_bytes},
      {"queries.max", queries},
      {"record.bytes.max", record_bytes},
      {"result.rows.max", nullptr, "tests/hostile/clients.cpp", "SubscriberThatNeverReads"},
      {"result.bytes.max", result_bytes},
      {"live.queries.max", live_queries},
      {"live.buffer.bytes", live_buffer},
      {"live.rows.max", live_rows},
      {"live.bytes.max", live_bytes},
      {"inserts.outstanding.max", inserts_outstanding},
      {"state.bytes.max", state_bytes},
      {"state.log.slack.bytes", state_log_slack},
      {"http.worker.threads", worker_threads},
      {"http.connections.max", connections},
      {"http.origins.allowed", nullptr, "tests/api/page.cpp", "TEST_F(ForeignPage, IsNotLetIn)"},
      {"http.header.bytes.max", header_bytes},
      {"http.body.bytes.max", body_bytes},
      {"http.requests.bytes.max", requests_bytes},
      {"http.header.timeout.ms", nullptr, "tests/hostile/clients.cpp", "OneByteAtATime"},
      {"http.body.timeout.ms", nullptr, "tests/hostile/clients.cpp", "OneByteAtATime"},
      {"http.idle.timeout.ms", idle_timeout},
      {"http.write.timeout.ms", write_timeout},
      {"debug.phase.file", phase_file},
  };
  return all;
}

class OptionEffects : public ::testing::TestWithParam<Effect> {};

TEST_P(OptionEffects, IsSeen) {
  const Effect& effect = GetParam();
  if (effect.shows != nullptr) return effect.shows();
  EXPECT_THAT(read_file(std::string(MILLRACE_ROOT) + "/" + effect.file), HasSubstr(effect.test)) << effect.file;
}

INSTANTIATE_TEST_SUITE_P(Of, OptionEffects, ::testing::ValuesIn(effects()), [](const auto& effect) {
  std::string name = effect.param.option;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST(OptionEffectsTable, HasEveryOptionOnce) {
  std::multiset<std::string> shown;
  for (const Effect& effect : effects()) shown.insert(effect.option);
  for (const OptionSpec& spec : option_specs())
    EXPECT_EQ(shown.count(std::string(spec.name)), 1U)
        << spec.name << " needs a test of what it does, in the table of " << __FILE__;
  EXPECT_EQ(shown.size(), option_specs().size());
}

// A table tells its changes once per commit: rows that keep coming are told at the interval's pace. Loosely, from above
// only: a machine that is busy makes fewer commits, never more.
TEST(CommitInterval, ResultsComeAtTheCommitInterval) {
  const auto changes_in = [](std::chrono::milliseconds interval, std::chrono::milliseconds time) {
    OneServer server({fmt::format("commit.interval.ms={}", interval.count()), "step.ms=60000"});
    server.begin_counting();
    int rows = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (; std::chrono::steady_clock::now() - begin < time; ++rows, std::this_thread::sleep_for(10ms))
      EXPECT_EQ(server.insert(1).status, 200);
    const auto took = std::chrono::steady_clock::now() - begin;
    const size_t changes = server.changes_of(rows);
    // At most two steps of a query go into one commit.
    EXPECT_LE(changes, 2 * static_cast<size_t>(took / interval) + 4) << interval.count() << " ms";
    fmt::print("{} ms: {} rows, {} changes in {} ms\n", interval.count(), rows, changes, took / 1ms);
    return changes;
  };
  const size_t fast = changes_in(100ms, 4s);
  const size_t middle = changes_in(500ms, 4s);
  const size_t slow = changes_in(2000ms, 4s);
  EXPECT_GT(fast, middle);
  EXPECT_GT(middle, slow);
}

// Queries beside each other, each at its own pace; that of one is slower than a step may last.
TEST(CommitInterval, AQueryMayHaveItsOwn) {
  OneServer server({"commit.interval.ms=300", "step.ms=100"});
  server.begin_counting();
  execute_well(server.url(),
               "SET 'commit.interval.ms' = '1500'; CREATE TABLE slow AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;");
  execute_well(
      server.url(),
      "SET 'ksql.streams.commit.interval.ms' = '20'; CREATE TABLE quick AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;");
  int rows = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (; std::chrono::steady_clock::now() - begin < 4s; ++rows, std::this_thread::sleep_for(10ms))
    EXPECT_EQ(server.insert(1).status, 200);
  const auto took = std::chrono::steady_clock::now() - begin;
  const size_t middle = server.changes_of(rows);
  const size_t slow = server.changes_of(rows, "CTAS_SLOW_2");
  const size_t quick = server.changes_of(rows, "CTAS_QUICK_3");
  EXPECT_LE(middle, 2 * static_cast<size_t>(took / 300ms) + 4);
  EXPECT_LE(slow, 2 * static_cast<size_t>(took / 1500ms) + 4);
  EXPECT_GT(middle, slow);
  EXPECT_GT(quick, middle);
  // It is the query's, also when it is started again.
  EXPECT_EQ(query(server.url(), "SELECT c FROM slow;").at(0)[0], rows);
}

}  // namespace
}  // namespace millrace::testing
