// The logs of blocks, under the contract.
#include "connectors/block_log/block_log.h"
#include "tests/log/contract_fixture.h"

namespace millrace::testing {

namespace {

constexpr int64_t never_ms = 3'600'000;

std::unique_ptr<Log> open_memory(const std::string&, std::function<int64_t()> clock) {
  return make_memory_log({.clock = std::move(clock), .maintenance_interval_ms = never_ms});
}

EmbeddedLogOptions embedded_options(const std::string& directory, std::function<int64_t()> clock) {
  EmbeddedLogOptions options;
  options.directory = directory;
  options.clock = std::move(clock);
  options.maintenance_interval_ms = never_ms;
  return options;
}

std::unique_ptr<Log> open_embedded(const std::string& directory, std::function<int64_t()> clock) {
  return open_embedded_log(embedded_options(directory, std::move(clock)));
}

std::unique_ptr<Log> open_uncached(const std::string& directory, std::function<int64_t()> clock) {
  EmbeddedLogOptions options = embedded_options(directory, std::move(clock));
  options.cache_bytes = 0;
  return open_embedded_log(options);
}

void maintain(Log& log) { dynamic_cast<BlockLog&>(log).maintain(); }

const auto logs =
    ::testing::Values(LogKind{.name = "memory", .open = open_memory, .maintain = maintain},
                      LogKind{.name = "embedded", .open = open_embedded, .maintain = maintain},
                      LogKind{.name = "uncached", .cached = false, .open = open_uncached, .maintain = maintain});
std::string name_of(const ::testing::TestParamInfo<LogKind>& kind) { return kind.param.name; }

}  // namespace

INSTANTIATE_TEST_SUITE_P(Logs, LogContract, logs, name_of);
INSTANTIATE_TEST_SUITE_P(Logs, BlockLogContract, logs, name_of);

}  // namespace millrace::testing
