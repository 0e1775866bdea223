#include "runtime/operators/table_filter.h"

#include <limits>
#include <map>

#include "runtime/state/time_slices.h"

namespace millrace {

namespace {

// Remembers the keys that passed. Without a window they all lie in one slice that never expires.
class TableFilter final : public Operator {
 public:
  TableFilter(TableFilterOptions options, const std::vector<Type>& key_types)
      : options_(std::move(options)), passed_(key_types, {boolean_type}) {}

  void process(const Batch& batch, StepContext& step) override {
    RowErrors errors;
    const ColumnPtr verdict = options_.predicate->evaluate(batch, Selection(batch.rows), errors);
    step.report(batch, errors);
    std::vector<ColumnPtr> keys;
    for (size_t key : options_.keys) keys.push_back(batch.columns[key]);
    auto no_window = Column::constant(bigint_type, batch.rows);
    const ColumnPtr bounds = options_.window_bound ? batch.columns[*options_.window_bound] : no_window;
    std::vector<uint32_t> entries;
    passed_.upsert(keys, bounds, batch.partition, Selection(batch.rows), batch.rows, entries);
    std::vector<uint32_t> out_rows;
    auto kinds = std::make_shared<std::vector<RowKind>>();
    for (uint32_t row = 0; row < batch.rows; ++row) {
      auto& newest = newest_[batch.partition->at<int32_t>(row)];
      newest = std::max(newest, batch.time_at(row));
      const bool passes = batch.kind(row) == RowKind::row && verdict->valid(row) && verdict->at<uint8_t>(row) != 0;
      auto& passed = passed_.value(0).at<uint8_t>(entries[row]);
      if (passes || passed != 0) {
        out_rows.push_back(row);
        kinds->push_back(passes ? RowKind::row : RowKind::tombstone);
      }
      passed = passes ? 1 : 0;
      passed_.value(0).set_valid(entries[row], true);
    }
    Batch out = batch.gather(out_rows);
    out.kinds = std::move(kinds);
    emit(out, step);
  }

  void end_step(StepContext&) override {
    if (!options_.window_bound) return;
    for (const auto& [partition, time] : newest_) passed_.expire(partition, time - options_.retention_ms, nullptr);
  }

  std::vector<StateContainer*> containers() override { return {&passed_}; }

 private:
  TableFilterOptions options_;
  TimeSlices passed_;                  // key → whether its row is out
  std::map<int32_t, int64_t> newest_;  // event time per logical partition; only decides when memory is freed
};

}  // namespace

std::unique_ptr<Operator> make_table_filter(TableFilterOptions options, const std::vector<Type>& key_types) {
  return std::make_unique<TableFilter>(std::move(options), key_types);
}

}  // namespace millrace
