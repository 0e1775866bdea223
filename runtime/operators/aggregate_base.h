// What the aggregations have in common, whatever their windows.
#pragma once

#include "runtime/operators/call_states.h"
#include "runtime/operators/distinct_runs.h"
#include "runtime/operators/stream_times.h"

namespace millrace {

// One batch in work.
struct GroupedBatch {
  const Batch& batch;
  std::vector<ColumnPtr> keys;
  std::vector<uint32_t> rows;  // those that belong to a group: they have a value and no null in their key
  CallArguments arguments;
  ColumnPtr partitions;  // logical
};

class AggregateBase : public Operator, public Materialized {
 public:
  explicit AggregateBase(AggregateOptions options);

  void end_step(StepContext& step) override;

 protected:
  GroupedBatch evaluate(const Batch& batch, StepContext& step) const;
  void count_used(size_t rows, StepContext& step) const {
    if (options_.counts) step.counters.used += static_cast<int64_t>(rows);
  }
  void count_late(StepContext& step) const {
    if (options_.counts) ++step.counters.late;
  }
  // Adds rows to the entries of `states`.
  void add(const CallStates& states, const GroupedBatch& work, std::span<const uint32_t> rows,
           std::span<const uint32_t> entries, StepContext& step);
  // `times` holds per entry the newest event time.
  static void raise_times(StateColumn& times, const Batch& batch, std::span<const uint32_t> rows,
                          std::span<const uint32_t> entries);
  static std::vector<Type> with_time(std::vector<Type> types) {
    types.insert(types.begin(), bigint_type);
    return types;
  }
  std::vector<Type> key_types() const;
  // The containers that every aggregation has after its own.
  void add_containers(std::vector<StateContainer*>& list);

  AggregateOptions options_;
  StreamTimes times_;

 private:
  bool sequenced_;
  // Where the calls need it: how many rows were added, from the least number upwards. It is kept as a time is.
  StreamTimes sequence_;
};

// Entries that changed in the step, each once, in order of the first change.
class ChangedEntries {
 public:
  // Whether it is the first time.
  bool add(uint32_t entry) {
    if (entry >= last_.size()) last_.resize(std::max<size_t>(entry + 1, last_.size() * 2), 0);
    if (last_[entry] == step_) return false;
    last_[entry] = step_;
    entries_.push_back(entry);
    return true;
  }
  const std::vector<uint32_t>& entries() const { return entries_; }
  void clear() {
    entries_.clear();
    ++step_;
  }

 private:
  std::vector<uint32_t> entries_;
  std::vector<uint64_t> last_;  // per entry
  uint64_t step_ = 1;
};

// The makers that make_aggregate() chooses from.
struct MadeAggregate {
  std::unique_ptr<Operator> op;
  Materialized* materialized = nullptr;
};
MadeAggregate make_group_aggregate(AggregateOptions options);
MadeAggregate make_window_aggregate(AggregateOptions options);
// Hopping windows as merged slices: each row is added once, whatever the ratio of size and advance.
bool fits_slices(const AggregateOptions& options);
MadeAggregate make_slice_aggregate(AggregateOptions options);
MadeAggregate make_session_aggregate(AggregateOptions options);

}  // namespace millrace
