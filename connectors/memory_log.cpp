#include "connectors/memory_log.h"

#include <chrono>

#include "connectors/block_log/block_log.h"
#include "runtime/system_time.h"

namespace millrace {

std::unique_ptr<Log> make_memory_log(MemoryLogOptions options) {
  BlockLogOptions block_options;
  block_options.clock = options.clock ? std::move(options.clock) : system_milliseconds;
  block_options.record_bytes_max = options.record_bytes_max;
  block_options.maintenance_interval_ms = options.maintenance_interval_ms;
  auto state = std::make_unique<LogState>();
  state->store = std::make_unique<NoStore>();
  return std::make_unique<BlockLog>(std::move(block_options), std::move(state));
}

}  // namespace millrace
