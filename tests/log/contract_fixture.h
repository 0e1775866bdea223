// The one suite that every log passes.
#pragma once

#include <atomic>

#include "connectors/block_log/block_log.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

// Which log, by the name that the table of results shows.
struct LogKind {
  std::string name;
  bool embedded = false;
  bool cached = true;  // embedded: keeps its youngest blocks in memory, as it does by default
};

class LogContract : public ::testing::TestWithParam<LogKind> {
 protected:
  LogContract();

  TopicId make_topic(const std::string& name, int32_t partitions = 1, Retention retention = {});
  // Runs retention, compaction and merging as of the clock.
  void maintain();

  TemporaryDirectory directory_;
  std::atomic<int64_t> now_ = 1'000'000'000;  // the log's clock
  std::unique_ptr<Log> log_;
  std::unique_ptr<LogWriter> writer_;
};

}  // namespace millrace::testing
