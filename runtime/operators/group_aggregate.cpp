// GROUP BY without a window, over a stream or a table.
#include "runtime/operators/aggregate_base.h"

namespace millrace {

namespace {

constexpr uint32_t no_row = ~uint32_t{0};

// What one row, or one change of a table's row, does to one group.
struct GroupChange {
  uint32_t entry = 0;
  uint32_t old_row = no_row;
  uint32_t new_row = no_row;
};

class GroupAggregate final : public AggregateBase {
 public:
  explicit GroupAggregate(AggregateOptions options)
      : AggregateBase(std::move(options)),
        table_(key_types(), with_time(state_types(options_.calls))),
        states_(options_.calls, state_columns()) {}

  void process(const Batch& batch, StepContext& step) override {
    const GroupedBatch work = evaluate(batch, step);
    if (work.rows.empty()) return;
    count_used(work.rows.size(), step);
    table_.upsert(work.keys, Selection(work.rows), batch.rows, entries_);
    if (options_.retracts) return change(work, step);
    if (options_.emission != Emission::each_update) {
      apply(work, work.rows, entries_, step);
      for (const uint32_t entry : entries_) changed_.add(entry);
      return;
    }
    // A row for every update: in runs in which no group comes twice, adding and then emitting a whole run gives what
    // row by row would.
    runs_.split(entries_, [&](size_t begin, size_t end) {
      const auto rows = std::span(work.rows).subspan(begin, end - begin);
      const auto entries = std::span<const uint32_t>(entries_).subspan(begin, end - begin);
      apply(work, rows, entries, step);
      emit_entries(entries, gather(batch.offset, rows), step);
    });
  }

  void end_step(StepContext& step) override {
    constexpr size_t rows_max = 8192;
    const std::span changed(changed_.entries());
    for (size_t begin = 0; begin < changed.size(); begin += rows_max) {
      const auto part = changed.subspan(begin, std::min(rows_max, changed.size() - begin));
      emit_entries(part, Column::constant(bigint_type, part.size()), step);
    }
    changed_.clear();
    AggregateBase::end_step(step);
  }

  std::vector<StateContainer*> containers() override {
    std::vector<StateContainer*> list{&table_};
    add_containers(list);
    return list;
  }

  Batch look_up(const Lookup& lookup) const override { return output(entries_of(table_, lookup)); }

 private:
  static constexpr size_t time_value = 0;

  std::vector<StateColumn*> state_columns() {
    std::vector<StateColumn*> columns;
    for (size_t i = time_value + 1; i < table_.value_count(); ++i) columns.push_back(&table_.value(i));
    return columns;
  }

  void apply(const GroupedBatch& work, std::span<const uint32_t> rows, std::span<const uint32_t> entries,
             StepContext& step) {
    raise_times(table_.value(time_value), work.batch, rows, entries);
    add(states_, work, rows, entries, step);
  }

  // Of a table: an old row and the one that replaces it are one change where both are of one group.
  void change(const GroupedBatch& work, StepContext& step) {
    const Batch& batch = work.batch;
    std::vector<GroupChange> changes;
    for (size_t i = 0; i < work.rows.size(); ++i) {
      const uint32_t row = work.rows[i];
      if (batch.kind(row) == RowKind::old) {
        changes.push_back({entries_[i], row, no_row});
        continue;
      }
      const bool replaces = !changes.empty() && changes.back().entry == entries_[i] &&
                            changes.back().new_row == no_row && changes.back().old_row + 1 == row &&
                            batch.offset->at<int64_t>(row) == batch.offset->at<int64_t>(row - 1) &&
                            batch.partition->at<int32_t>(row) == batch.partition->at<int32_t>(row - 1);
      if (replaces) {
        changes.back().new_row = row;
      } else {
        changes.push_back({entries_[i], no_row, row});
      }
    }
    std::vector<uint32_t> changed;
    for (const GroupChange& each : changes) changed.push_back(each.entry);
    runs_.split(changed, [&](size_t begin, size_t end) {
      change_run(work, std::span(changes).subspan(begin, end - begin), step);
    });
  }

  // No group comes twice.
  void change_run(const GroupedBatch& work, std::span<const GroupChange> changes, StepContext& step) {
    std::vector<uint32_t> old_rows, old_entries, new_rows, new_entries, causes, entries;
    for (const GroupChange& each : changes) {
      if (each.old_row != no_row) {
        old_rows.push_back(each.old_row);
        old_entries.push_back(each.entry);
      }
      if (each.new_row != no_row) {
        new_rows.push_back(each.new_row);
        new_entries.push_back(each.entry);
      }
      causes.push_back(each.old_row != no_row ? each.old_row : each.new_row);
      entries.push_back(each.entry);
    }
    RowErrors errors;
    raise_times(table_.value(time_value), work.batch, old_rows, old_entries);
    states_.retract(work.arguments, Selection(old_rows), old_entries, errors);
    step.report(work.batch, errors);
    apply(work, new_rows, new_entries, step);
    if (options_.emission == Emission::each_update) {
      emit_entries(entries, gather(work.batch.offset, causes), step);
    } else {
      for (const uint32_t entry : entries) changed_.add(entry);
    }
  }

  void emit_entries(std::span<const uint32_t> entries, ColumnPtr offsets, StepContext& step) {
    Batch out = output(entries);
    out.offset = std::move(offsets);
    emit(out, step);
  }

  Batch output(std::span<const uint32_t> entries) const {
    Batch out;
    out.rows = entries.size();
    for (size_t k = 0; k < options_.keys.size(); ++k) out.columns.push_back(table_.key(k).read(entries));
    states_.read(entries, out.columns);
    out.time = table_.value(time_value).read(entries);
    out.partition = Column::constant(integer_type, entries.size());
    out.offset = Column::constant(bigint_type, entries.size());
    return out;
  }

  KeyedState table_;  // key → (newest event time, states)
  CallStates states_;
  DistinctRuns runs_;
  ChangedEntries changed_;
  std::vector<uint32_t> entries_;  // of the batch in work
};

}  // namespace

MadeAggregate make_group_aggregate(AggregateOptions options) {
  auto aggregate = std::make_unique<GroupAggregate>(std::move(options));
  Materialized* materialized = aggregate.get();
  return {std::move(aggregate), materialized};
}

}  // namespace millrace
