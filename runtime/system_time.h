// The time of the system's clock. A query reads it once per step, and never in between.
#pragma once

#include <chrono>
#include <cstdint>

namespace millrace {

// Milliseconds since 1970.
inline int64_t system_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace millrace
