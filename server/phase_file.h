// A file that shows in which phase of a step the server is. For tests: it survives kill -9.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/step.h"

namespace millrace {

// What the file holds, from its first byte on, in the machine's byte order. All zero: no step has begun yet.
struct PhaseBoard {
  std::atomic<uint8_t> last;  // the StepPhase reached last, by whichever query
  std::array<std::atomic<uint64_t>, step_phase_count> reached;
};

// Makes the file anew and maps it; the hook keeps it up to date as long as it lives. Throws Error{property_invalid}
// where the file cannot be made.
PhaseHook show_phases(const std::string& path);

}  // namespace millrace
