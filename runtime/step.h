// A finished step: everything it did, in one piece that becomes visible whole or not at all.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/log.h"
#include "runtime/operator.h"
#include "runtime/source.h"
#include "runtime/state/container.h"

namespace millrace {

// How far a query is: what recovery needs beside the containers.
struct Progress {
  int64_t step = 0;  // the first is 1; no number is left out
  int64_t processing_time = 0;
  std::vector<Position> from, to;  // the step's input: the positions before and after it
  RowCounters counters;            // since the query began
};

struct FinishedStep {
  std::string query;
  // One of its inputs: the source's positions within the progress, and what of it was rejected.
  struct Input {
    std::shared_ptr<const Source> source;
    size_t first_position = 0, position_count = 0;
    std::vector<RejectedRecord> rejected;
  };
  std::vector<Input> inputs;
  Progress progress;
  std::vector<RecordBlock> outputs;
  struct Change {
    uint8_t container = 0;
    StateBlock block;
  };
  std::vector<Change> changes;
  std::vector<FailedRow> failed;
  bool full = false;  // ended by a bound, not since the input was exhausted
  // How long after the last commit of its query it waits for the next; absent: as the committer has it for all.
  std::optional<std::chrono::milliseconds> commit_interval;

  // Whether there is more to it than progress.
  bool has_effects() const {
    return !outputs.empty() || !changes.empty() || !failed.empty() ||
           std::any_of(inputs.begin(), inputs.end(), [](const Input& input) { return !input.rejected.empty(); });
  }
};

// The boundaries of a step; tests make a server die at each of them.
// `produced` is between the two parts of a commit, where the log's has two: all is there but the word that makes it
// visible.
enum class StepPhase : uint8_t { idle, read, computed, commit_sent, produced, committed, answered };
inline constexpr size_t step_phase_count = 7;
std::string_view step_phase_name(StepPhase phase);
// Called as each boundary is reached, on the thread that reaches it. Absent in production.
using PhaseHook = std::function<void(StepPhase)>;

}  // namespace millrace
