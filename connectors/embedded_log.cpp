#include "connectors/embedded_log.h"

#include "connectors/block_log/block_log.h"
#include "connectors/embedded/rocksdb_store.h"
#include "runtime/system_time.h"

namespace millrace {

std::unique_ptr<Log> open_embedded_log(const EmbeddedLogOptions& options) {
  BlockLogOptions block_options;
  block_options.clock = options.clock ? options.clock : system_milliseconds;
  block_options.report = options.report;
  block_options.record_bytes_max = options.record_bytes_max;
  block_options.cache_bytes = options.cache_bytes;
  block_options.threaded = true;
  block_options.maintenance_interval_ms = options.maintenance_interval_ms;
  block_options.merge_bytes_max = options.merge_bytes_max;
  auto state = std::make_unique<LogState>();
  state->store = std::make_unique<RocksDbStore>(options, *state);
  return std::make_unique<BlockLog>(std::move(block_options), std::move(state));
}

}  // namespace millrace
