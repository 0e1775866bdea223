// A version that plans a query in another way finds state that it cannot use.
#include <gtest/gtest.h>

#include <thread>

#include "connectors/memory_log.h"
#include "server/engine.h"
#include "tests/log/log_fixture.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class UnfitState : public ::testing::Test {
 protected:
  UnfitState() : log_(make_memory_log()) {
    EngineOptions options;
    options.service_id = "s";
    options.offset_reset = "earliest";
    options_ = options;
  }

  void start() {
    engine_.reset();
    engine_ = Engine::open(options_, log_);
  }
  std::string execute(const std::string& sql) {
    const auto execution = engine_->execute(session_, sql);
    return execution.failure ? std::string(execution.failure->error.message()) : "";
  }
  // The only one, once it has started.
  QueryRow query() {
    for (int i = 0;; ++i) {
      const auto execution = engine_->execute(session_, "SHOW QUERIES;");
      QueryRow row = std::get<QueryListing>(execution.results.at(0).body).rows.at(0);
      if (row.state != QueryState::paused || i == 500) return row;
      std::this_thread::sleep_for(10ms);
    }
  }
  // As if another version had planned all queries: their fingerprints differ.
  void change_fingerprints() {
    engine_.reset();
    const TopicDescription topic = *log_->describe("_millrace_s_statements");
    const auto reader = log_->open_reader({{topic.id, 0, 0}});
    std::vector<std::string> records;
    const int64_t end = log_->offsets(topic.id, 0).end;
    while (static_cast<int64_t>(records.size()) < end)
      for (const RecordRun& run : reader->read(1 << 20, std::chrono::steady_clock::time_point{}))
        for (size_t i = run.begin; i < run.end; ++i) records.emplace_back(run.block->values[i]);
    log_->drop(topic.id);
    const TopicDescription again = log_->create({.name = topic.name, .partitions = 1, .retention = topic.retention});
    RecordBlockBuilder builder(again.id.value, 0);
    for (std::string& record : records) {
      const size_t at = record.find("\"fingerprint\":\"");
      if (at != std::string::npos && record.compare(at + 15, 1, "\"") != 0) record.replace(at + 15, 4, "beef");
      builder.add(0, null_bytes(), record);
    }
    std::vector<RecordBlock> blocks;
    blocks.push_back(builder.build());
    testing::append(*log_->open_writer("changer"), std::move(blocks));
  }

  std::shared_ptr<Log> log_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(UnfitState, QueryFailsAndCanOnlyBeEnded) {
  start();
  ASSERT_EQ(
      execute("CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');"),
      "");
  ASSERT_EQ(execute("CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;"), "");
  ASSERT_EQ(execute("INSERT INTO s (k, v) VALUES (1, 1);"), "");
  ASSERT_TRUE(engine_->settle(10s));
  ASSERT_EQ(execute("PAUSE CTAS_T_1; RESUME CTAS_T_1;"), "");  // neither says anything of the state
  change_fingerprints();
  start();
  EXPECT_EQ(query().state, QueryState::failed);
  EXPECT_NE(query().error.find("does not fit the query's state"), std::string::npos) << query().error;
  EXPECT_NE(execute("RESUME CTAS_T_1;").find("CTAS_T_1 cannot be resumed: the plan of this version"),
            std::string::npos);
  ASSERT_EQ(execute("RESUME ALL;"), "");
  ASSERT_EQ(execute("INSERT INTO s (k, v) VALUES (1, 2);"), "");
  start();
  EXPECT_EQ(query().state, QueryState::failed);
  ASSERT_EQ(execute("DROP TABLE t DELETE TOPIC;"), "");
  ASSERT_EQ(execute("CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;"), "");
  ASSERT_TRUE(engine_->settle(10s));
  EXPECT_EQ(query().state, QueryState::running);
  EXPECT_EQ(query().counters.used, 2);
}

}  // namespace
}  // namespace millrace
