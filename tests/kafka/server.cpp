// A server on the broker, and what others do to its topics.
#include "runtime/partitioner.h"
#include "tests/kafka/kafka_server.h"
#include "tests/program/web_socket_client.h"

namespace millrace::testing {

namespace {

class KafkaSinks : public KafkaServer {
 protected:
  using KafkaServer::KafkaServer;
  void one_of_twenty_sinks_is_deleted();
};

void KafkaSinks::one_of_twenty_sinks_is_deleted() {
  const TopicId input = log_->create({"numbers", 2, {}}).id;
  start();
  run("CREATE STREAM numbers (n INT) WITH (kafka_topic = 'numbers', value_format = 'JSON');");
  for (int i = 0; i < 20; ++i)
    run(fmt::format("CREATE STREAM sink_{} AS SELECT n, {} AS i FROM numbers;", i, i), from_earliest);
  int written = 0;
  auto write_some = [&] {
    for (int32_t p : {0, 1}) write(input, p, {{1000 + written, {}, fmt::format(R"({{"N":{}}})", written)}}), ++written;
  };
  auto all_there = [&](int i) {
    return rows(fmt::format("SELECT n FROM sink_{};", i)).size() == static_cast<size_t>(written);
  };
  write_some();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(eventually(10s, [&] { return all_there(i); })) << i;

  ASSERT_TRUE(log_->describe("SINK_7"));
  log_->drop(log_->describe("SINK_7")->id);
  const auto begin = std::chrono::steady_clock::now();
  std::string why;
  const bool failed = eventually(10s, [&] {
    write_some();
    const auto all = queries();
    for (const auto& [id, state] : all)
      if (state.first == "ERROR") why = id + ": " + state.second;
    return !why.empty();
  });
  ASSERT_TRUE(failed) << run("SHOW QUERIES;").dump();
  fmt::print("failed after {:.1f} s\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  EXPECT_NE(why.find("SINK_7"), std::string::npos) << why;
  EXPECT_NE(why.find("topic SINK_7 was dropped"), std::string::npos) << why;
  write_some();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(i == 7 || eventually(10s, [&] { return all_there(i); })) << i;
  const auto states = queries();
  EXPECT_EQ(std::ranges::count_if(states, [](const auto& each) { return each.second.first == "RUNNING"; }), 19);
}

class OwnBroker {
 protected:
  explicit OwnBroker(const std::string& settings) : broker_(settings) {}
  KafkaLogOptions own_options() const {
    KafkaLogOptions options;
    options.brokers = broker_.address();
    return options;
  }
  KafkaBroker broker_;
};

// Makes topics that clients ask for.
class KafkaServerAutoCreate : private OwnBroker, public KafkaSinks {
 protected:
  KafkaServerAutoCreate() : OwnBroker("auto.create.topics.enable=true"), KafkaSinks(own_options()) {}
};

}  // namespace

TEST_F(KafkaSinks, OneOfTwentySinksIsDeleted) { one_of_twenty_sinks_is_deleted(); }

TEST_F(KafkaServerAutoCreate, OneOfTwentySinksIsDeleted) { one_of_twenty_sinks_is_deleted(); }

// Without grace: a row of one input that was read before the older ones of the other would find its partner late.
TEST_F(KafkaServer, InputsOfAJoinAreMergedByTime) {
  constexpr int count = 20'000;
  constexpr int32_t partitions = 4;
  const TopicId left = log_->create({"lefts", partitions, {}}).id;
  const TopicId right = log_->create({"rights", partitions, {}}).id;
  for (const TopicId topic : {left, right}) {
    std::vector<std::vector<Row>> parts(partitions);
    for (int i = 0; i < count; ++i) {
      Row row = keyed(1'700'000'000'000 + i * 1000 + (topic == right ? 500 : 0), i, fmt::format(R"({{"V":{}}})", i));
      parts[static_cast<size_t>(partition_of(*row.key, partitions))].push_back(std::move(row));
    }
    for (int32_t p = 0; p < partitions; ++p) write(topic, p, parts[static_cast<size_t>(p)]);
  }
  start();
  for (const char* name : {"lefts", "rights"})
    run(fmt::format("CREATE STREAM {0} (k INT KEY, v INT) WITH (kafka_topic = '{0}', value_format = 'JSON');", name));
  run("CREATE STREAM pairs AS SELECT l.k AS k, l.v AS a, r.v AS b FROM lefts l JOIN rights r WITHIN 2 SECONDS GRACE "
      "PERIOD 0 SECONDS ON l.k = r.k;",
      from_earliest);
  std::vector<Json> pairs;
  eventually(60s, [&] {
    pairs = rows("SELECT a, b FROM pairs;");
    return pairs.size() >= static_cast<size_t>(count);
  });
  ASSERT_EQ(pairs.size(), static_cast<size_t>(count));
  for (const Json& pair : pairs) ASSERT_EQ(pair.at(0), pair.at(1));
}

TEST_F(KafkaServer, PoisonedRecordsAreNamedOnce) {
  const TopicId topic = log_->create({"poisoned", 1, {}}).id;
  start();
  run("CREATE STREAM poisoned (id INT, note STRING) WITH (kafka_topic = 'poisoned', value_format = 'JSON');");
  run("CREATE STREAM cured AS SELECT id FROM poisoned;", from_earliest);
  run("CREATE TABLE sums AS SELECT note, COUNT(*) AS n FROM poisoned GROUP BY note;", from_earliest);
  write(topic, 0, values({R"({"ID":1,"NOTE":"a"})"}));
  write(topic, 0,
        values({fmt::format(R"({{"ID":2,"NOTE":"{}"}})", std::string(10 << 20, 'x')), R"({"ID":3,)",
                R"({"ID":"four","NOTE":"a"})", R"({"ID":5,"NOTE":"a"})"}));
  const std::vector<Json> well = {Json::array({1}), Json::array({5})};
  auto errors = [&] { return rows("SELECT topic, partition, offset, code FROM SYS_ERRORS;"); };
  EXPECT_TRUE(eventually(20s, [&] { return rows("SELECT id FROM cured;") == well && errors().size() >= 3; }));
  auto check = [&] {
    EXPECT_EQ(rows("SELECT id FROM cured;"), well);
    EXPECT_EQ(rows("SELECT n FROM sums;"), std::vector<Json>{Json::array({2})});
    std::set<int64_t> offsets;
    for (const Json& error : errors()) {
      EXPECT_EQ(error.at(0), "poisoned");
      EXPECT_EQ(error.at(1), 0);
      EXPECT_TRUE(offsets.insert(error.at(2).get<int64_t>()).second) << error.dump();
    }
    // The first transaction's record, its mark, then those of the second.
    EXPECT_EQ(offsets, (std::set<int64_t>{2, 3, 4}));
  };
  check();
  restart();
  run("CREATE STREAM cured_later AS SELECT id FROM poisoned;", from_earliest);
  EXPECT_TRUE(eventually(10s, [&] { return rows("SELECT id FROM cured_later;") == well; }));
  check();
}

TEST_F(KafkaServer, QueryWhoseInputIsCutBelowItsPositionFails) {
  const TopicId topic = log_->create({"cut", 1, {}}).id;
  write(topic, 0, values({R"({"N":0})", R"({"N":1})"}));
  start();
  run("CREATE STREAM cut (n INT) WITH (kafka_topic = 'cut', value_format = 'JSON');");
  run("CREATE STREAM copied AS SELECT * FROM cut;", from_earliest);
  ASSERT_TRUE(eventually(10s, [&] { return rows("SELECT n FROM copied;").size() == 2; }));
  std::this_thread::sleep_for(1500ms);  // its progress is recorded
  server_.terminate();
  ASSERT_EQ(server_.reap(), 0);
  write(topic, 0, values({R"({"N":2})", R"({"N":3})", R"({"N":4})"}));
  log_->trim(topic, 0, 5);
  ASSERT_TRUE(eventually(10s, [&] { return log_->offsets(topic, 0).first == 5; }));
  start();
  const std::string why = failure();
  EXPECT_NE(why.find("position 2 of cut[0]"), std::string::npos) << why;
  EXPECT_NE(why.find("begins at 5"), std::string::npos) << why;
  EXPECT_EQ(rows("SELECT n FROM copied;").size(), 2u);
}

TEST_F(KafkaServer, QueryWhoseInputIsMadeAgainFails) {
  const TopicId topic = log_->create({"again", 1, {}}).id;
  write(topic, 0, values({R"({"N":0})", R"({"N":1})"}));
  start();
  run("CREATE STREAM again (n INT) WITH (kafka_topic = 'again', value_format = 'JSON');");
  run("CREATE STREAM copied AS SELECT * FROM again;", from_earliest);
  ASSERT_TRUE(eventually(10s, [&] { return rows("SELECT n FROM copied;").size() == 2; }));
  std::this_thread::sleep_for(1500ms);
  log_->drop(topic);
  std::this_thread::sleep_for(1500ms);
  log_->create({"again", 1, {}});
  write(topic, 0, values({R"({"N":7})", R"({"N":8})", R"({"N":9})"}));
  const std::string why = failure();
  EXPECT_NE(why.find("topic again"), std::string::npos) << why;
  EXPECT_NE(why.find("position at offset 2"), std::string::npos) << why;
  EXPECT_EQ(rows("SELECT n FROM copied;").size(), 2u);
}

class KafkaServerState : public KafkaServer {
 protected:
  // A server with a query ends, the state topic gets one more record; what a start says then.
  std::string start_with(const Row& record) {
    start();
    run("CREATE STREAM ns (g INT, n INT) WITH (kafka_topic = 'ns', partitions = 1, value_format = 'JSON');");
    run("CREATE TABLE sums AS SELECT g, SUM(n) AS total FROM ns GROUP BY g;");
    run("INSERT INTO ns VALUES (1, 2);");
    EXPECT_TRUE(eventually(10s, [&] { return rows("SELECT g FROM sums;").size() == 1; }));
    server_.terminate();
    EXPECT_EQ(server_.reap(), 0);
    const auto topic = log_->describe("_millrace_default__state");
    EXPECT_TRUE(topic);
    const CommitResult written = append(*writer_, one_block(topic->id, 0, {record}));
    EXPECT_EQ(written.outcome, CommitOutcome::committed) << written.reason;
    offset_ = written.first_offsets.at(0);
    return refusal();
  }
  std::string refusal() {
    server_.spawn();
    EXPECT_FALSE(server_.wait_ready(30s));
    EXPECT_EQ(server_.reap(), 1);
    return server_.errors();
  }
  int64_t offset_ = -1;  // of the record
};

TEST_F(KafkaServerState, UnreadableTailIsRefused) {
  const std::string said = start_with({0, "Bx", "\x01zz"});
  // The record's own, not that of the mark of its transaction behind it.
  EXPECT_NE(said.find(fmt::format("offset {} of _millrace_default__state: ", offset_)), std::string::npos) << said;
  EXPECT_NE(said.find("state_unreadable"), std::string::npos) << said;
}

TEST_F(KafkaServerState, NewerVersionIsRefused) {
  const std::string said = start_with({0, "PCTAS_SUMS_1", "\x63 something that nobody knows yet"});
  EXPECT_NE(said.find(fmt::format("offset {} of _millrace_default__state: ", offset_)), std::string::npos) << said;
  EXPECT_NE(said.find("a state record has version 99, this program reads version 1"), std::string::npos) << said;
}

TEST_F(KafkaServerState, MissingStateTopicIsRefused) {
  start();
  run("CREATE STREAM ns (g INT, n INT) WITH (kafka_topic = 'ns', partitions = 1, value_format = 'JSON');");
  server_.terminate();
  EXPECT_EQ(server_.reap(), 0);
  ASSERT_TRUE(log_->describe("_millrace_default__state"));
  log_->drop(log_->describe("_millrace_default__state")->id);
  const std::string said = refusal();
  EXPECT_NE(said.find("topic _millrace_default__state is gone"), std::string::npos) << said;
}

// There is one broker.
// Also over the death of the server; a topic that was made again is told from the one of before.
TEST_F(KafkaServer, LiveResultsAndTheirCursors) {
  start();
  run("CREATE STREAM s (k INT KEY, n INT) WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON');");
  run("CREATE TABLE t (k INT PRIMARY KEY, n INT) WITH (kafka_topic = 't', partitions = 2, value_format = 'JSON');");
  const auto subscribe = [&](const std::string& sql, const std::string& cursor = "") {
    auto client = std::make_unique<WebSocketClient>(server_.url(), "/v1/live");
    Json request = {{"subscribe", sql}, {"id", "x"}, {"progress", "100ms"}};
    if (!cursor.empty()) request["cursor"] = cursor;
    client->send(request.dump());
    return client;
  };
  for (int k = 0; k < 4; ++k) run(fmt::format("INSERT INTO t VALUES ({}, {});", k, k));
  run("INSERT INTO t VALUES (0, 10);");
  const auto table = subscribe("SELECT k, n FROM t");
  std::map<int, int> snapshot;
  for (const Json& message : table->until("progress", 20s))
    if (message["type"] == "snapshot") snapshot[message["key"]["K"]] = message["row"]["N"];
  EXPECT_EQ(snapshot, (std::map<int, int>{{0, 10}, {1, 1}, {2, 2}, {3, 3}}));
  std::string cursor;
  {
    const auto stream = subscribe("SELECT k, n FROM s");
    EXPECT_EQ(stream->next(20s)["type"], "hello");
    for (int k = 0; k < 4; ++k) run(fmt::format("INSERT INTO s VALUES ({}, {});", k, k));
    std::set<int> got;
    while (got.size() < 4) {
      const Json message = stream->next(20s);
      ASSERT_FALSE(message.is_null());
      got.insert(message["row"]["N"].get<int>());
    }
    // What was seen is behind the cursor a moment later.
    stream->until("progress", 20s);
    cursor = stream->until("progress", 20s).back().value("cursor", "");
  }
  for (int k = 4; k < 8; ++k) run(fmt::format("INSERT INTO s VALUES ({}, {});", k, k));
  restart();
  const auto stream = subscribe("SELECT k, n FROM s", cursor);
  EXPECT_EQ(stream->next(20s)["type"], "hello");
  std::multiset<int> got;
  while (got.size() < 4) {
    const Json message = stream->next(20s);
    ASSERT_FALSE(message.is_null()) << got.size();
    got.insert(message["row"]["N"].get<int>());
  }
  EXPECT_EQ(got, (std::multiset<int>{4, 5, 6, 7}));
  log_->drop(log_->describe("s")->id);
  log_->create({"s", 2, {}});
  EXPECT_TRUE(eventually(
      20s, [&] { return subscribe("SELECT k, n FROM s", cursor)->next(20s).value("code", "") == "position_lost"; }));
}

// What the server tells of itself is there, too, over its orderly end, and kept as long as is said.
TEST_F(KafkaServer, SystemStreamsAreKept) {
  start();
  run("CREATE STREAM s (k INT KEY, n INT) WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON');");
  run("CREATE STREAM q AS SELECT * FROM s;");
  for (int k = 0; k < 13; ++k) run(fmt::format("INSERT INTO s VALUES ({}, {});", k, k));
  server_.terminate();
  EXPECT_EQ(server_.reap(), 0);
  start();
  EXPECT_EQ(rows("SELECT text FROM sys_audit WHERE operation = 'INSERT';").size(), 13U);
  EXPECT_TRUE(eventually(20s, [&] { return rows("SELECT state FROM sys_queries;").size() == 2; }));
  run("ALTER SYSTEM 'audit.retention.ms' = '3600000';");
  EXPECT_TRUE(eventually(10s, [] { return topic_setting("_millrace_default__audit", "retention.ms") == "3600000"; }));
}

TEST_F(KafkaServer, TopicsAreReplicatedAsConfigured) {
  TemporaryDirectory directory;
  ServerProcess server(directory.path() + "/data", {"kafka.bootstrap.servers=" + kafka_options().brokers,
                                                    "service.id=twice", "topic.replication=2"});
  server.keep_errors(directory.path() + "/errors");
  server.spawn();
  EXPECT_FALSE(server.wait_ready(30s));
  EXPECT_EQ(server.reap(), 1);
  EXPECT_NE(server.errors().find("eplication"), std::string::npos) << server.errors();
}

// The DROP was the last statement: a start must not repeat what it did to a topic that others have made since.
TEST_F(KafkaServer, DroppedTopicThatOthersMakeAgainStays) {
  start();
  run("CREATE STREAM mine (n INT) WITH (kafka_topic = 'mine', partitions = 1, value_format = 'JSON');");
  run("INSERT INTO mine VALUES (1);");
  run("DROP STREAM mine DELETE TOPIC;");
  ASSERT_TRUE(eventually(5s, [&] { return !log_->describe("mine"); }));
  const TopicId topic = log_->create({"mine", 1, {}}).id;
  write(topic, 0, values({"theirs"}));
  restart();
  EXPECT_EQ(values_of(read_all(*log_, topic, 0, 0)), std::vector<std::string>{"theirs"});
}

// Also where a server is killed right after: what was committed before the statement is not computed again.
TEST_F(KafkaServer, ReplacedQueryGoesOnFromItsCommit) {
  start();
  run("CREATE STREAM n (v INT) WITH (kafka_topic = 'n', partitions = 2, value_format = 'JSON');");
  run("CREATE STREAM out AS SELECT v FROM n;", from_earliest);
  run("CREATE TABLE sums AS SELECT v % 2 AS odd, SUM(v) AS total FROM n GROUP BY v % 2;", from_earliest);
  for (int i = 1; i <= 4; ++i) run(fmt::format("INSERT INTO n VALUES ({});", i));
  ASSERT_TRUE(eventually(10s, [&] { return rows("SELECT v FROM out;").size() == 4; }));
  run("ALTER STREAM n ADD COLUMN w INT;");
  run("CREATE OR REPLACE STREAM out AS SELECT v, w FROM n WHERE v > 5;");
  run("CREATE OR REPLACE TABLE sums AS SELECT v % 2 AS odd, SUM(v) AS total, -SUM(v) AS negative FROM n GROUP BY v % "
      "2;");
  restart();
  for (int i = 5; i <= 8; ++i) run(fmt::format("INSERT INTO n VALUES ({}, 1);", i));
  EXPECT_TRUE(eventually(10s, [&] {
    return rows("SELECT v, w FROM out WHERE w = 1;").size() == 3 && rows("SELECT v FROM out;").size() == 7;
  })) << Json(rows("SELECT * FROM out;"));
  EXPECT_TRUE(eventually(10s, [&] {
    return Json(rows("SELECT * FROM sums;")) == Json::parse("[[0,20,-20],[1,16,-16]]");
  })) << Json(rows("SELECT * FROM sums;"));
}

TEST_F(KafkaServer, DropCascadeIsWholeAfterAKill) {
  start();
  run("CREATE STREAM base (v INT) WITH (kafka_topic = 'base', partitions = 2, value_format = 'JSON');");
  run("CREATE STREAM derived AS SELECT * FROM base;");
  run("CREATE STREAM last AS SELECT * FROM derived;");
  run("INSERT INTO base VALUES (1);");
  run("DROP STREAM base DELETE TOPIC CASCADE;");
  restart();
  EXPECT_TRUE(queries().empty());
  for (const char* topic : {"base", "DERIVED", "LAST"})
    EXPECT_TRUE(eventually(5s, [&] { return !log_->describe(topic); })) << topic;
}

}  // namespace millrace::testing
