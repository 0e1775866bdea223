// The log in a data directory of its own, over RocksDB: the default, with no server beside it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runtime/log.h"

namespace rocksdb {
class FileSystem;
}

namespace millrace {

enum class LogSync {
  commit,    // a commit is answered when it is on the disk
  interval,  // answered when the system has it, on the disk after sync_interval_ms
  never,     // the system writes when it likes
};

struct EmbeddedLogOptions {
  std::string directory;  // made where it is missing
  LogSync sync = LogSync::commit;
  int64_t sync_interval_ms = 100;
  int64_t cache_bytes = 64 << 20;          // of the youngest blocks, kept in memory for who reads at the end
  int64_t write_buffer_bytes = 32 << 20;   // RocksDB's, before it writes a file
  int64_t record_bytes_max = 16 << 20;     // key, value and headers of one record
  int64_t reserve_bytes = 64 << 20;        // commits are refused as full when the disk would have less than this left
  int64_t maintenance_interval_ms = 1000;  // retention, compaction, merging of small blocks
  int64_t merge_bytes_max = 256 << 10;     // small blocks that left the cache are merged up to this size; 0: never
  std::function<int64_t()> clock;          // milliseconds since 1970, for retention; absent: the system's
  std::function<void(const std::string&)> report;    // trouble in the background; may be absent; any thread
  std::shared_ptr<rocksdb::FileSystem> file_system;  // for tests; absent: the system's
};

// Throws Error: log_locked (another process or log has the directory), log_permission, log_version (written by a newer
// version), log_full, log_corrupt, log_failed. Each names the directory.
std::unique_ptr<Log> open_embedded_log(const EmbeddedLogOptions& options);

}  // namespace millrace
