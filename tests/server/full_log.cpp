// A log without room: what makes some works there all the same, and nobody else loses anything.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "connectors/block_log/block_log.h"
#include "runtime/system_time.h"
#include "server/engine.h"
#include "tests/log/log_fixture.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

// Keeps blocks in memory, and takes those that need room while there is some.
class SmallStore final : public NoStore {
 public:
  explicit SmallStore(std::shared_ptr<std::atomic<bool>> full) : full_(std::move(full)) {}
  WriteResult write(const LogChanges& changes) override {
    if (*full_ && changes.room_needed > 0) return {WriteResult::Outcome::refused, true, "no room"};
    return {};
  }

 private:
  std::shared_ptr<std::atomic<bool>> full_;
};

class FullLog : public ::testing::Test {
 protected:
  FullLog() {
    auto state = std::make_unique<LogState>();
    state->store = std::make_unique<SmallStore>(full_);
    BlockLogOptions options;
    options.clock = system_milliseconds;
    log_ = std::make_shared<BlockLog>(std::move(options), std::move(state));
    start();
    for (const char* sql :
         {"CREATE STREAM a (v INT) WITH (kafka_topic='a', value_format='JSON', partitions=1);",
          "CREATE STREAM b (v INT) WITH (kafka_topic='b', value_format='JSON', partitions=1);",
          "CREATE STREAM of_a AS SELECT v FROM a;", "CREATE TABLE of_b AS SELECT v, COUNT(*) AS n FROM b GROUP BY v;",
          "CREATE STREAM further AS SELECT v + 1 AS w FROM of_a;"})
      EXPECT_EQ(execute(sql), "");
  }

  void start() {
    engine_.reset();
    EngineOptions options;
    options.service_id = "s";
    options.offset_reset = "earliest";
    engine_ = Engine::open(options, log_);
  }
  std::string execute(const std::string& sql) {
    const auto execution = engine_->execute(session_, sql);
    return execution.failure ? std::string(execution.failure->error.message()) : "";
  }
  size_t queries() {
    const auto execution = engine_->execute(session_, "SHOW QUERIES;");
    return std::get<QueryListing>(execution.results.at(0).body).rows.size();
  }
  int64_t end_of(const std::string& topic) { return log_->offsets(log_->describe(topic)->id, 0).end; }
  void await_end(const std::string& topic, int64_t end) {
    for (int i = 0; i < 1000 && end_of(topic) < end; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(end_of(topic), end) << topic;
  }
  // Rows are there, and the steps that read them find no room.
  void fill() {
    insert();
    await_end("OF_A", 1);
    await_end("OF_B", 1);
    *full_ = true;
    std::vector<RecordBlock> blocks;
    for (const char* topic : {"a", "b"})
      blocks.push_back(testing::make_block(log_->describe(topic)->id, 0, testing::values({R"({"V":2})"})));
    std::promise<CommitResult> appended;
    log_->open_writer("rows")->append(std::move(blocks), AppendKind::from_reserve,
                                      [&](CommitResult result) { appended.set_value(std::move(result)); });
    ASSERT_EQ(appended.get_future().get().outcome, CommitOutcome::committed);
    std::this_thread::sleep_for(200ms);
  }
  void insert() {
    EXPECT_EQ(execute("INSERT INTO a VALUES (1);"), "");
    EXPECT_EQ(execute("INSERT INTO b VALUES (1);"), "");
  }

  std::shared_ptr<std::atomic<bool>> full_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<Log> log_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(FullLog, OthersAreRefused) {
  fill();
  EXPECT_NE(
      execute("CREATE STREAM c (v INT) WITH (kafka_topic='c', value_format='JSON', partitions=1);").find("no room"),
      std::string::npos);
  EXPECT_NE(execute("INSERT INTO a VALUES (3);").find("no room"), std::string::npos);
}

TEST_F(FullLog, RowsThatNobodyWaitsForAreCounted) {
  fill();
  const std::string_view row = R"({"v": 3})";
  std::vector<InsertStream::Outcome> outcomes;
  engine_->open_inserts(session_, "a")->insert(std::span(&row, 1), InsertStream::Ack::received, [&](auto all) {
    outcomes = std::move(all);
  });
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].error->code(), ErrorCode::log_full);
  double lost = 0;
  for (const Metric& metric : engine_->observation().statistics().metrics())
    if (metric.name.name == "stream_rows_lost" && metric.name.object == "A") lost = metric.value;
  EXPECT_EQ(lost, 1);
}

TEST_F(FullLog, DropMakesRoom) {
  fill();
  EXPECT_EQ(execute("DROP STREAM a CASCADE DELETE TOPIC;"), "");
  EXPECT_EQ(queries(), 1U);
  EXPECT_FALSE(log_->describe("a"));
  *full_ = false;
  // What waited for room goes on.
  await_end("OF_B", 2);
  EXPECT_EQ(execute("INSERT INTO b VALUES (3);"), "");
  await_end("OF_B", 3);
  start();
  EXPECT_EQ(queries(), 1U);
}

TEST_F(FullLog, QueriesArePausedAndTerminated) {
  fill();
  EXPECT_EQ(execute("PAUSE ALL;"), "");
  EXPECT_EQ(execute("RESUME ALL;"), "");
  EXPECT_EQ(execute("TERMINATE ALL;"), "");
  EXPECT_EQ(queries(), 0U);
  *full_ = false;
  start();
  EXPECT_EQ(queries(), 0U);
  EXPECT_EQ(execute("INSERT INTO a VALUES (4);"), "");
  std::this_thread::sleep_for(100ms);
  EXPECT_LE(end_of("OF_A"), 2);
}

}  // namespace
}  // namespace millrace
