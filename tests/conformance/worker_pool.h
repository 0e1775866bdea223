// Cases in child processes, so that one that crashes or hangs costs only itself.
#pragma once

#include <functional>
#include <vector>

#include "tests/conformance/run_outcome.h"

namespace millrace::conformance {

// Runs `run(0)` … `run(count - 1)` in `workers` child processes; the outcomes in order. A call that ends its process,
// or takes longer than `seconds_max`, is a miss that says so. Call it before any thread is started.
std::vector<Outcome> run_in_workers(size_t count, size_t workers, int seconds_max,
                                    const std::function<Outcome(size_t)>& run);

}  // namespace millrace::conformance
