// A running query: inputs → operators, with its progress and counters.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/input_merge.h"
#include "runtime/operators/aggregate.h"
#include "runtime/operators/sink.h"
#include "runtime/state_topic.h"
#include "runtime/step.h"

namespace millrace {

// What a planner makes of a plan.
struct PipelineParts {
  std::vector<PipelineInput> inputs;
  std::vector<std::unique_ptr<Operator>> operators;  // each after those that feed it; the last one keeps what comes out
  Sink* sink = nullptr;                              // it, where it writes to a topic
  Materialized* materialized = nullptr;              // the one that can be looked up, if any
};

struct StepBounds {
  int64_t rows = 262'144;
  int64_t bytes = 64 << 20;
  int64_t milliseconds = 100;
};

// Used on its lane only, one call at a time.
class Pipeline {
 public:
  // `start`: the positions of all inputs, one after the other, each from its partition 0 on.
  Pipeline(const Log& log, std::string query, PipelineParts parts, std::vector<Position> start, StepBounds bounds);

  const std::string& query() const { return query_; }
  const Progress& progress() const { return progress_; }
  // Where reading goes on.
  const std::vector<Position>& positions() const { return positions_; }
  Materialized* materialized() { return parts_.materialized; }

  // Recovery: applies one record of the state topic that names this query. Throws Error{state_unreadable}.
  void restore(const StateRecord& record);

  // Partitions that the inputs' topics got since: they are read from their beginning. Between steps; false where there
  // are none. Throws what Log::describe throws.
  bool add_partitions(const Log& log);

  // Works through the next chunk of input; false: there is none. Throws Error where the query cannot go on.
  bool advance(const PhaseHook& hook);
  // Whether the step has reached a bound.
  bool full() const;
  // Whether the step has worked through anything.
  bool started() const { return step_rows_ > 0; }
  // Since it began.
  std::chrono::microseconds step_time() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began_);
  }
  // Ends the step. `images`: per container, the buckets to be written whole. Absent where it had no effect but progress
  // and `progress_too` is not set: the next step then covers its input too.
  std::optional<FinishedStep> finish(const std::vector<uint64_t>& images, bool progress_too);
  // Whether there is progress that no finished step holds yet.
  bool progress_pending() const { return progress_pending_; }

  size_t container_count() const { return containers_.size(); }
  size_t state_bytes() const;
  // Entries and bytes that each operator keeps, in the order of the parts.
  std::vector<std::pair<size_t, size_t>> operator_states() const;
  // Of the containers: a plan with another layout cannot load their state.
  std::string layout() const;

 private:
  void begin_step();
  void place_inputs();

  std::string query_;
  PipelineParts parts_;
  StepBounds bounds_;
  std::vector<StateContainer*> containers_;
  Progress progress_;                // of the last step that was finished
  std::vector<Position> positions_;  // where reading goes on
  StepContext step_;
  InputMerge merge_;
  std::vector<std::vector<RejectedRecord>> rejected_;  // per input
  bool progress_pending_ = false;
  int64_t step_rows_ = 0;
  int64_t step_bytes_ = 0;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace millrace
