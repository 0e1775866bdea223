// The calls of an aggregation over the value columns of a container.
#pragma once

#include <vector>

#include "runtime/operators/aggregate.h"

namespace millrace {

// The arguments of all calls for the rows of one batch.
using CallArguments = std::vector<std::vector<ColumnPtr>>;

CallArguments evaluate_arguments(const std::vector<AggregateCall>& calls, const Batch& batch, Selection rows,
                                 RowErrors& errors);
std::vector<Type> state_types(const std::vector<AggregateCall>& calls);
bool needs_sequence(const std::vector<AggregateCall>& calls);

class CallStates {
 public:
  // `columns`: the state columns, as many as state_types() has; they and the calls live as long as this.
  CallStates(const std::vector<AggregateCall>& calls, std::vector<StateColumn*> columns);

  // The i-th row goes to entries[i]; rows may repeat.
  void add(const CallArguments& arguments, Selection rows, std::span<const uint32_t> entries, int64_t sequence,
           RowErrors& errors) const;
  void retract(const CallArguments& arguments, Selection rows, std::span<const uint32_t> entries,
               RowErrors& errors) const;
  void merge(uint32_t to, const CallStates& other, uint32_t from) const;
  // Appends the results, one column per call.
  void read(std::span<const uint32_t> entries, std::vector<ColumnPtr>& out) const;
  void reset(uint32_t entry) const {
    for (StateColumn* column : columns_) column->reset(entry);
  }

 private:
  AggregateState state(size_t call) const {
    return AggregateState(columns_).subspan(first_[call], first_[call + 1] - first_[call]);
  }

  const std::vector<AggregateCall>& calls_;
  std::vector<StateColumn*> columns_;
  std::vector<size_t> first_;  // per call: its first column; then one past the last
};

}  // namespace millrace
