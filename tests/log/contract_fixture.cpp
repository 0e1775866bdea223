#include "tests/log/contract_fixture.h"

namespace millrace::testing {

namespace {

constexpr int64_t never_ms = 3'600'000;

std::unique_ptr<Log> open(const LogKind& kind, const std::string& directory, std::function<int64_t()> clock) {
  if (!kind.embedded) return make_memory_log({.clock = std::move(clock), .maintenance_interval_ms = never_ms});
  EmbeddedLogOptions options;
  options.directory = directory;
  options.clock = std::move(clock);
  options.maintenance_interval_ms = never_ms;
  if (!kind.cached) options.cache_bytes = 0;
  return open_embedded_log(std::move(options));
}

}  // namespace

LogContract::LogContract()
    : log_(open(GetParam(), directory_.path(), [this] { return now_.load(); })), writer_(log_->open_writer("test")) {}

TopicId LogContract::make_topic(const std::string& name, int32_t partitions, Retention retention) {
  return log_->create({name, partitions, retention}).id;
}

void LogContract::maintain() { dynamic_cast<BlockLog&>(*log_).maintain(); }

INSTANTIATE_TEST_SUITE_P(Logs, LogContract,
                         ::testing::Values(LogKind{"memory"}, LogKind{"embedded", true},
                                           LogKind{"uncached", true, false}),
                         [](const auto& param) { return param.param.name; });

}  // namespace millrace::testing
