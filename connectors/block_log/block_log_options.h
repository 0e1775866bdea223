// What a log of blocks can be told.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace millrace {

struct BlockLogOptions {
  std::function<int64_t()> clock;                             // milliseconds since 1970, for retention
  int64_t record_bytes_max = 16 << 20;                        // key, value and headers of one record
  int64_t block_bytes_max = 8 << 20;                          // larger blocks are stored in pieces of this size,
  size_t block_records_max = 65536;                           // and of so many records
  int64_t cache_bytes = std::numeric_limits<int64_t>::max();  // blocks kept in memory, the youngest
  size_t group_bytes_max = 64 << 20;                          // of commits written together
  std::function<void(const std::string&)> report;  // what went wrong in the background; may be absent; any thread
  bool threaded = false;                           // with a thread that commits, and one that maintains
  int64_t maintenance_interval_ms = 1000;
  int64_t merge_bytes_max = 0;             // neighbours that are smaller together are merged; 0: never
  size_t compaction_keys_max = 4'000'000;  // keys that one compaction looks at together; about 50 bytes of memory each
};

}  // namespace millrace
