// A server that dies right after a statement's record is written: the next one brings its effects about.
#include <gtest/gtest.h>

#include "connectors/memory_log.h"
#include "server/engine.h"
#include "server/statement_record.h"
#include "tests/log/log_fixture.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class RecordedStatements : public ::testing::Test {
 protected:
  RecordedStatements() : log_(make_memory_log()) {
    options_.service_id = "s";
    options_.offset_reset = "earliest";
    start();
  }

  void start() {
    engine_.reset();
    engine_ = Engine::open(options_, log_);
  }
  void execute(const std::string& sql) {
    const auto execution = engine_->execute(session_, sql);
    ASSERT_FALSE(execution.failure) << sql << ": " << execution.failure->error.message();
  }
  std::vector<std::string> ids() {
    std::vector<std::string> list;
    const auto execution = engine_->execute(session_, "SHOW QUERIES;");
    for (const QueryRow& row : std::get<QueryListing>(execution.results.at(0).body).rows) list.push_back(row.id);
    return list;
  }
  std::vector<std::string> streams() {
    std::vector<std::string> list;
    const auto execution = engine_->execute(session_, "SHOW STREAMS;");
    for (const SourceRow& row : std::get<SourceListing>(execution.results.at(0).body).rows) list.push_back(row.name);
    return list;
  }
  StatementRecord recorded(int64_t offset) {
    const TopicDescription topic = *log_->describe("_millrace_s_statements");
    const auto reader = log_->open_reader({{topic.id, 0, offset}});
    const auto runs = reader->read(1 << 20, std::chrono::steady_clock::time_point{});
    return decode_statement(runs.at(0).block->values[runs.at(0).begin]);
  }
  // The record of a statement, and no more.
  void record_only(StatementRecord record) {
    record.properties = {{"auto.offset.reset", "earliest"}, {"cache.max.bytes.buffering", "0"}};
    const TopicDescription topic = *log_->describe("_millrace_s_statements");
    engine_.reset();
    RecordBlockBuilder builder(topic.id.value, 0);
    builder.add(0, null_bytes(), encode_statement(record));
    std::vector<RecordBlock> blocks;
    blocks.push_back(builder.build());
    testing::append(*log_->open_writer("another"), std::move(blocks));
  }

  std::shared_ptr<Log> log_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(RecordedStatements, DropCascade) {
  execute(R"(CREATE STREAM s (v INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');
             CREATE STREAM kept (v INT) WITH (kafka_topic = 'kept', partitions = 1, value_format = 'JSON');
             CREATE STREAM a AS SELECT * FROM s;
             CREATE STREAM b AS SELECT * FROM a;
             INSERT INTO kept SELECT * FROM b;
             CREATE STREAM c AS SELECT * FROM kept;
             INSERT INTO s VALUES (1);)");
  ASSERT_TRUE(engine_->settle(10s));
  StatementRecord record;
  record.sql = "DROP STREAM s DELETE TOPIC CASCADE";
  for (const char* name : {"s", "A", "B"}) {
    const TopicDescription topic = *log_->describe(name);
    record.topics[name] = topic.id.value;
    record.start.push_back({.topic = topic.id, .partition = 0, .next = log_->offsets(topic.id, 0).end});
  }
  record_only(record);
  for (int i = 0; i < 2; ++i) {
    start();
    EXPECT_EQ(ids(), std::vector<std::string>{"CSAS_C_5"});
    EXPECT_EQ(streams(), (std::vector<std::string>{"C", "KEPT"}));
    for (const char* name : {"s", "A", "B"}) EXPECT_FALSE(log_->describe(name)) << name;
    EXPECT_TRUE(log_->describe("kept"));
  }
  // A topic that others make under the same name is theirs.
  log_->create({.name = "A", .partitions = 1, .retention = {}});
  start();
  EXPECT_TRUE(log_->describe("A"));
}

TEST_F(RecordedStatements, DropNamesWhatWent) {
  execute(R"(CREATE STREAM s (v INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');
             CREATE STREAM beside (v INT) WITH (kafka_topic = 's', value_format = 'JSON');
             CREATE STREAM a AS SELECT * FROM s;
             CREATE STREAM b AS SELECT * FROM a;)");
  const auto execution = engine_->execute(session_, "DROP STREAM s DELETE TOPIC CASCADE;");
  ASSERT_FALSE(execution.failure);
  const auto& done = std::get<CommandDone>(execution.results.at(0).body);
  EXPECT_EQ(
      done.message,
      "Source `S` (topic: deleted) was dropped. With it went the queries [CSAS_B_3, CSAS_A_2] and the streams and "
      "tables [B, A].");
  EXPECT_EQ(done.warnings, std::vector<std::string>{"the topic s that was deleted was also that of BESIDE"});
}

TEST_F(RecordedStatements, Replacement) {
  execute(R"(CREATE STREAM s (v INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');
             CREATE STREAM a AS SELECT v FROM s;
             INSERT INTO s VALUES (1);)");
  ASSERT_TRUE(engine_->settle(10s));
  StatementRecord record = recorded(1);
  record.sql = "CREATE OR REPLACE STREAM a AS SELECT v * 10 AS v FROM s WHERE v <> 3";
  record_only(record);
  start();
  EXPECT_EQ(ids(), std::vector<std::string>{"CSAS_A_1"});
  execute("INSERT INTO s VALUES (2); INSERT INTO s VALUES (3);");
  ASSERT_TRUE(engine_->settle(10s));
  EXPECT_EQ(log_->offsets(log_->describe("A")->id, 0).end, 2);
}

}  // namespace
}  // namespace millrace
