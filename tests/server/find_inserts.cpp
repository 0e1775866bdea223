// Where rows go that are inserted once more: found without waiting, and as the statements have it by then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <thread>

#include "connectors/memory_log.h"
#include "server/engine.h"

namespace millrace {
namespace {

class FindInserts : public testing::Test {
 protected:
  FindInserts() : log_(make_memory_log()), engine_(Engine::open({}, log_)) {
    execute("CREATE STREAM s (v INT) WITH (kafka_topic = 's', partitions = 3, value_format = 'JSON');");
  }

  void execute(const std::string& sql) {
    const Engine::Execution execution = engine_->execute(session_, sql);
    EXPECT_FALSE(execution.failure) << sql << ": " << execution.failure->error.message();
  }
  bool finds(const std::string& target) { return engine_->find_inserts(session_, target) != nullptr; }
  // The error of the first row that is refused, or empty.
  static std::string insert(InsertStream& inserts, const std::string& text) {
    const std::string_view row = text;
    const auto refused = inserts.insert(std::span(&row, 1), InsertStream::Ack::received, [](const auto&) {});
    return refused.empty() ? "" : refused[0].error->message();
  }
  std::vector<int64_t> ends(const std::string& name) {
    const TopicDescription topic = *log_->describe(name);
    std::vector<int64_t> all;
    for (int32_t partition = 0; partition < topic.partitions; ++partition)
      all.push_back(log_->offsets(topic.id, partition).end);
    return all;
  }

  std::shared_ptr<Log> log_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(FindInserts, OnceItWasAskedFor) {
  EXPECT_FALSE(finds("s"));
  engine_->open_inserts(session_, "s");
  EXPECT_TRUE(finds("s"));
  EXPECT_TRUE(finds("`S`"));
  EXPECT_FALSE(finds("`s`"));
  EXPECT_FALSE(finds("t"));
}

TEST_F(FindInserts, RowsWithoutAKeyTakeTurnsOverRequests) {
  for (int i = 0; i < 7; ++i) EXPECT_EQ(insert(*engine_->open_inserts(session_, "s"), R"({"v": 1})"), "");
  EXPECT_EQ(ends("s"), (std::vector<int64_t>{3, 2, 2}));
  EXPECT_NE(insert(*engine_->open_inserts(session_, "s"), R"({"v": "x"})"), "");
  EXPECT_EQ(insert(*engine_->open_inserts(session_, "s"), R"({"v": 1})"), "");
  EXPECT_EQ(ends("s"), (std::vector<int64_t>{3, 3, 2}));
}

TEST_F(FindInserts, ChangesOfOtherNamesDoNotMatter) {
  execute("CREATE STREAM other (v INT) WITH (kafka_topic = 'other', partitions = 1, value_format = 'JSON');");
  engine_->open_inserts(session_, "s");
  engine_->open_inserts(session_, "other");
  execute("ALTER STREAM other ADD COLUMN w INT;");
  EXPECT_TRUE(finds("s"));
  EXPECT_FALSE(finds("other"));
  execute("DROP STREAM other;");
  EXPECT_TRUE(finds("s"));
}

TEST_F(FindInserts, NotAfterTheStreamHasChanged) {
  engine_->open_inserts(session_, "s");
  execute("ALTER STREAM s ADD COLUMN w INT;");
  EXPECT_FALSE(finds("s"));
  EXPECT_EQ(insert(*engine_->open_inserts(session_, "s"), R"({"v": 1, "w": 2})"), "");
  execute("DROP STREAM s;");
  EXPECT_FALSE(finds("s"));
  EXPECT_THROW(engine_->open_inserts(session_, "s"), Error);
  execute("CREATE SOURCE STREAM s (v INT) WITH (kafka_topic = 's', value_format = 'JSON');");
  EXPECT_FALSE(finds("s"));
  EXPECT_THROW(engine_->open_inserts(session_, "s"), Error);
}

// Two at once do not get into each other's way, nor mix their numbers.
TEST_F(FindInserts, ManyAtOnce) {
  engine_->open_inserts(session_, "s");
  std::vector<std::thread> threads;
  std::atomic<size_t> refused = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        Session session;
        const auto inserts = engine_->find_inserts(session, "s");
        const std::vector<std::string_view> rows = {R"({"v": 1})", R"({"v": "x"})", R"({"v": 2})"};
        std::promise<std::vector<InsertStream::Outcome>> done;
        inserts->insert(rows, [&](auto outcomes) { done.set_value(std::move(outcomes)); });
        const auto outcomes = done.get_future().get();
        ASSERT_EQ(outcomes.size(), 3U);
        refused += !outcomes[0].error && outcomes[1].error && !outcomes[2].error;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 1200U);
  EXPECT_EQ(ends("s"), (std::vector<int64_t>{800, 800, 800}));
}

// A statement at work, here one that waits for its turn to write, keeps no inserts waiting.
TEST(FindInsertsBeside, AStatementAtWork) {
  std::mutex mutex;
  std::condition_variable changed;
  bool hold = false, held = false;
  EngineOptions options;
  options.phase_hook = [&](StepPhase phase) {
    if (phase != StepPhase::commit_sent) return;
    std::unique_lock lock(mutex);
    held = hold;
    changed.notify_all();
    changed.wait(lock, [&] { return !hold; });
  };
  options.offset_reset = "earliest";
  const auto engine = Engine::open(options, make_memory_log());
  Session session;
  EXPECT_FALSE(engine
                   ->execute(session,
                             "CREATE STREAM s (k INT KEY, v INT) WITH (kafka_topic = 's', partitions = 1, "
                             "value_format = 'JSON'); CREATE TABLE t AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;")
                   .failure);
  engine->open_inserts(session, "s");
  {
    const std::lock_guard lock(mutex);
    hold = true;
  }
  const std::string_view row = R"({"k": 1, "v": 1})";
  engine->find_inserts(session, "s")->insert(std::span(&row, 1), [](const auto&) {});
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return held; }));
  }
  // It ends the query, whose step waits.
  auto terminated = std::async(std::launch::async, [&] {
    Session own;
    return engine->execute(own, "TERMINATE ALL;").failure.has_value();
  });
  EXPECT_EQ(terminated.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  const auto inserts = engine->find_inserts(session, "s");
  EXPECT_NE(inserts, nullptr);
  {
    const std::lock_guard lock(mutex);
    hold = false;
    changed.notify_all();
  }
  EXPECT_FALSE(terminated.get());
}

}  // namespace
}  // namespace millrace
