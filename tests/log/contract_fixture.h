// The one suite that every log passes.
#pragma once

#include <atomic>
#include <functional>

#include "tests/log/log_fixture.h"

namespace millrace::testing {

// Which log, by the name that the table of results shows.
struct LogKind {
  std::string name;
  bool cached = true;     // keeps its youngest blocks in memory
  bool sequenced = true;  // has an order over partitions
  std::function<std::unique_ptr<Log>(const std::string& directory, std::function<int64_t()> clock)> open;
  std::function<void(Log&)> maintain = nullptr;  // logs of blocks: retention, compaction and merging as of the clock
};
inline std::ostream& operator<<(std::ostream& out, const LogKind& kind) { return out << kind.name; }

class LogContract : public ::testing::TestWithParam<LogKind> {
 protected:
  LogContract();

  TopicId make_topic(const std::string& name, int32_t partitions = 1, Retention retention = {});
  TemporaryDirectory directory_;
  std::atomic<int64_t> now_ = 1'000'000'000;  // the log's clock
  std::unique_ptr<Log> log_;
  std::unique_ptr<LogWriter> writer_;
};

// What holds for the logs of blocks beyond that: offsets without gaps, a sequence over the whole log, retention at
// once.
class BlockLogContract : public LogContract {
 protected:
  void maintain() { GetParam().maintain(*log_); }
};

}  // namespace millrace::testing
