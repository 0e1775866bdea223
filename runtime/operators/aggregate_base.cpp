#include "runtime/operators/aggregate_base.h"

namespace millrace {

AggregateBase::AggregateBase(AggregateOptions options)
    : options_(std::move(options)), sequenced_(needs_sequence(options_.calls)) {}

void AggregateBase::end_step(StepContext&) {
  if (options_.window) times_.save();
  if (sequenced_) sequence_.save();
}

GroupedBatch AggregateBase::evaluate(const Batch& batch, StepContext& step) const {
  RowErrors errors;
  GroupedBatch work{batch, {}, {}, {}, nullptr};
  for (const auto& key : options_.keys) work.keys.push_back(key->evaluate(batch, Selection(batch.rows), errors));
  work.rows = rows_without_null(batch, work.keys);
  std::erase_if(work.rows, [&](uint32_t row) { return !has_value(batch.kind(row)); });
  if (options_.counts) step.counters.filtered += static_cast<int64_t>(batch.rows - work.rows.size());
  work.arguments = evaluate_arguments(options_.calls, batch, Selection(work.rows), errors);
  step.report(batch, errors);
  work.partitions = logical_partitions(batch, work.keys, options_.logical_partitions);
  return work;
}

void AggregateBase::add(const CallStates& states, const GroupedBatch& work, std::span<const uint32_t> rows,
                        std::span<const uint32_t> entries, StepContext& step) {
  RowErrors errors;
  int64_t sequence = 0;
  if (sequenced_) {
    sequence = sequence_[0];
    sequence_[0] += static_cast<int64_t>(rows.size());
  }
  states.add(work.arguments, Selection(rows), entries, sequence, errors);
  step.report(work.batch, errors);
}

void AggregateBase::raise_times(StateColumn& times, const Batch& batch, std::span<const uint32_t> rows,
                                std::span<const uint32_t> entries) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t time = batch.time_at(rows[i]);
    if (!times.valid(entries[i]) || times.at<int64_t>(entries[i]) < time) times.at<int64_t>(entries[i]) = time;
    times.set_valid(entries[i], true);
  }
}

std::vector<Type> AggregateBase::key_types() const {
  std::vector<Type> types;
  for (const auto& key : options_.keys) types.push_back(key->type());
  return types;
}

void AggregateBase::add_containers(std::vector<StateContainer*>& list) {
  if (options_.window) list.push_back(times_.container());
  if (sequenced_) list.push_back(sequence_.container());
}

}  // namespace millrace
