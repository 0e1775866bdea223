// Statements that change streams and queries while rows come: none is missed, none comes twice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "connectors/memory_log.h"
#include "server/engine.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class ChangesUnderLoad : public testing::Test {
 protected:
  ChangesUnderLoad() : log_(make_memory_log()) {
    EngineOptions options;
    options.offset_reset = "earliest";
    options.commit_interval_ms = 1;
    options.step_rows = 500;
    engine_ = Engine::open(options, log_);
    execute("CREATE STREAM s (v INT) WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON');");
    execute("CREATE STREAM out AS SELECT v, 0 AS n FROM s;");
    execute("CREATE STREAM beside AS SELECT v FROM s;");
  }

  void execute(const std::string& sql) {
    const auto execution = engine_->execute(session_, sql);
    ASSERT_FALSE(execution.failure) << sql << ": " << execution.failure->error.message();
  }
  // Rows 0, 1, … until `enough`; how many.
  int feed(const std::atomic<bool>& enough) {
    Session session;
    const auto inserts = engine_->open_inserts(session, "s");
    int next = 0;
    while (!enough) {
      std::vector<std::string> rows;
      for (int i = 0; i < 100; ++i) rows.push_back(fmt::format(R"({{"v": {}}})", next++));
      const std::vector<std::string_view> views(rows.begin(), rows.end());
      std::promise<void> done;
      inserts->insert(views, [&done](const auto&) { done.set_value(); });
      done.get_future().get();
    }
    return next;
  }
  std::vector<int> values(const std::string& stream) {
    const auto result = engine_->query(session_, "SELECT v FROM " + stream + ";");
    std::vector<int> values;
    for (;;) {
      const ResultStream::Chunk chunk = result->poll();
      for (const Batch& batch : chunk.batches)
        for (size_t row = 0; row < batch.rows; ++row) values.push_back(batch.columns[0]->at<int32_t>(row));
      if (chunk.ended) break;
      if (chunk.batches.empty()) std::this_thread::sleep_for(1ms);
    }
    std::sort(values.begin(), values.end());
    return values;
  }

  std::shared_ptr<Log> log_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(ChangesUnderLoad, EveryRowOnce) {
  std::atomic<bool> enough = false;
  std::future<int> fed = std::async(std::launch::async, [&] { return feed(enough); });
  for (int i = 1; i <= 20; ++i) {
    execute(fmt::format("CREATE OR REPLACE STREAM out AS SELECT v, {} AS n FROM s;", i));
    execute(fmt::format("ALTER STREAM s ADD COLUMN c{} INT;", i));
    std::this_thread::sleep_for(5ms);
    if (i % 5 != 0) continue;
    execute("CREATE STREAM more AS SELECT * FROM s;");
    execute("CREATE STREAM most AS SELECT * FROM more;");
    execute("DROP STREAM more DELETE TOPIC CASCADE;");
  }
  enough = true;
  const int count = fed.get();
  ASSERT_TRUE(engine_->settle(30s));
  std::vector<int> all(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) all[static_cast<size_t>(i)] = i;
  EXPECT_EQ(values("out"), all);
  EXPECT_EQ(values("beside"), all);
}

}  // namespace
}  // namespace millrace
