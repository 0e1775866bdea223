// A log in memory: for tests, and for running a script without a data directory.
#pragma once

#include <functional>
#include <memory>

#include "runtime/log.h"

namespace millrace {

struct MemoryLogOptions {
  // Milliseconds since 1970, for retention and tombstones; absent: the system's clock.
  std::function<int64_t()> clock;
  int64_t record_bytes_max = 16 << 20;
  // Retention and compaction happen after a commit, when so much time passed by the clock.
  int64_t maintenance_interval_ms = 1000;
};

// Without threads: a call is done when it returns, and `done` is called within it, under no lock. Only when another
// thread is at work in a commit does that one take over what comes meanwhile. So the same calls give the same log.
std::unique_ptr<Log> make_memory_log(MemoryLogOptions options = {});

}  // namespace millrace
