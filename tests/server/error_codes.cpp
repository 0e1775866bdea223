// Errors that no statement brings about alone: of limits, of time, of a server that stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <thread>

#include "connectors/memory_log.h"
#include "server/engine.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

// An engine whose commits can be held up.
class ErrorCodes : public testing::Test {
 protected:
  ErrorCodes() : log_(make_memory_log()) {
    options_.service_id = "s";
    options_.offset_reset = "earliest";
    options_.phase_hook = [this](StepPhase phase) {
      if (phase != StepPhase::commit_sent) return;
      std::unique_lock lock(mutex_);
      held_ = hold_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !hold_; });
    };
  }
  ~ErrorCodes() override { hold(false); }

  void start() {
    engine_ = Engine::open(options_, log_);
    execute("CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');");
    execute("CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;");
  }
  void execute(const std::string& sql) { ASSERT_FALSE(failure(sql)) << sql << ": " << failure_text_; }
  std::optional<ErrorCode> failure(const std::string& sql) {
    const auto execution = engine_->execute(session_, sql);
    if (!execution.failure) return std::nullopt;
    failure_text_ = execution.failure->error.message();
    return execution.failure->error.code();
  }
  void hold(bool on) {
    const std::lock_guard lock(mutex_);
    hold_ = on;
    changed_.notify_all();
  }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 10s, [this] { return held_; }));
  }
  static ResultStream::Chunk end_of(ResultStream& stream) {
    for (int i = 0; i < 1000; ++i) {
      ResultStream::Chunk chunk = stream.poll();
      if (chunk.ended) return chunk;
      std::this_thread::sleep_for(10ms);
    }
    return {};
  }

  std::shared_ptr<Log> log_;
  EngineOptions options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_ = false, held_ = false;
  std::unique_ptr<Engine> engine_;
  Session session_;
  std::string failure_text_;
};

// ErrorCode::quota_exceeded ends a query: clients see it as the query's error.
TEST_F(ErrorCodes, StateAboveItsLimit) {
  options_.state_bytes_max = 1;
  start();
  execute("INSERT INTO s VALUES (1, 1);");
  EXPECT_FALSE(engine_->settle(10s));
  const auto execution = engine_->execute(session_, "SHOW QUERIES;");
  const QueryRow row = std::get<QueryListing>(execution.results.at(0).body).rows.at(0);
  EXPECT_EQ(row.state, QueryState::failed);
  EXPECT_THAT(row.error, HasSubstr("more than state.bytes.max (1)"));
  const auto stream = engine_->query(session_, "SELECT * FROM t;");
  EXPECT_EQ(end_of(*stream).error->code(), ErrorCode::unavailable);
}

TEST_F(ErrorCodes, AServerThatStops) {
  start();
  engine_->stop(0ms);
  EXPECT_EQ(failure("SHOW QUERIES;"), ErrorCode::not_ready);
  EXPECT_THROW(engine_->query(session_, "SELECT * FROM t;"), Error);
}

TEST_F(ErrorCodes, MoreColumnsThanASourceMayHave) {
  start();
  std::string columns;
  for (int i = 0; i < 10'000; ++i) columns += (i == 0 ? "ADD COLUMN c" : ", ADD COLUMN c") + std::to_string(i) + " INT";
  EXPECT_EQ(failure("ALTER STREAM s " + columns + ";"), ErrorCode::limit_exceeded);
  EXPECT_THAT(failure_text_, HasSubstr("at most 10000 columns"));
  EXPECT_EQ(failure("INSERT INTO s (k, c0) VALUES (1, 1);"), ErrorCode::column_unknown);
}

// A source table is kept by a query, which counts as one.
TEST_F(ErrorCodes, MoreQueriesThanMayRun) {
  options_.queries_max = 4;
  start();
  execute("INSERT INTO s SELECT * FROM s; INSERT INTO s SELECT * FROM s; INSERT INTO s SELECT * FROM s;");
  const std::string kept = "CREATE SOURCE TABLE kept (k INT PRIMARY KEY, n BIGINT)";
  EXPECT_EQ(failure(kept + " WITH (kafka_topic = 'T', value_format = 'JSON');"), ErrorCode::limit_exceeded);
  EXPECT_THAT(failure_text_, HasSubstr("4 queries run already, the limit is 4 (queries.max)"));
  EXPECT_EQ(failure("INSERT INTO s SELECT * FROM s;"), ErrorCode::limit_exceeded);
  // What was said once holds, whatever the limit is now.
  options_.queries_max = 1;
  engine_.reset();
  engine_ = Engine::open(options_, log_);
  EXPECT_EQ(failure("DROP TABLE t;"), std::nullopt);
}

// A look-up waits for the commit of what it saw.
TEST_F(ErrorCodes, AQueryThatEndsBeforeItAnswers) {
  start();
  hold(true);
  execute("INSERT INTO s VALUES (1, 1);");
  wait_until_held();
  const auto stream = engine_->query(session_, "SELECT * FROM t;");
  std::thread terminate([this] { execute("TERMINATE CTAS_T_1;"); });
  const ResultStream::Chunk chunk = end_of(*stream);
  hold(false);
  terminate.join();
  ASSERT_TRUE(chunk.error);
  EXPECT_EQ(chunk.error->code(), ErrorCode::cancelled);
}

// What is not replaced in time goes on as it was.
TEST_F(ErrorCodes, ALogThatDoesNotCommitInTime) {
  start();
  hold(true);
  execute("INSERT INTO s VALUES (1, 1);");
  wait_until_held();
  EXPECT_EQ(failure("CREATE OR REPLACE TABLE t AS SELECT k, COUNT(*) + 1 AS n FROM s GROUP BY k;"), ErrorCode::timeout);
  hold(false);
  execute("INSERT INTO s VALUES (1, 2);");
  ASSERT_TRUE(engine_->settle(10s));
  const auto execution = engine_->execute(session_, "SHOW QUERIES;");
  EXPECT_EQ(std::get<QueryListing>(execution.results.at(0).body).rows.at(0).counters.used, 2);
}

}  // namespace
}  // namespace millrace
