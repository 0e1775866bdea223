#include "runtime/operators/aggregate.h"

#include <algorithm>
#include <limits>
#include <map>

#include "runtime/operators/stream_times.h"
#include "runtime/state/keyed_state.h"
#include "runtime/state/time_slices.h"

namespace millrace {

namespace {

constexpr int64_t never = std::numeric_limits<int64_t>::max();
constexpr size_t time_value = 0;  // value column of an entry's newest event time; the calls' states follow

std::vector<Type> key_types(const AggregateOptions& options) {
  std::vector<Type> types;
  for (const auto& key : options.keys) types.push_back(key->type());
  return types;
}

std::vector<Type> call_arguments(const AggregateCall& call) {
  std::vector<Type> types;
  for (const auto& argument : call.arguments) types.push_back(argument->type());
  return types;
}

std::vector<Type> value_types(const AggregateOptions& options) {
  std::vector<Type> types{bigint_type};
  for (const auto& call : options.calls)
    for (Type& type : call.overload->state_types(call_arguments(call))) types.push_back(std::move(type));
  return types;
}

int64_t floor_to(int64_t time, int64_t size) {
  const int64_t rest = time % size;
  return time - (rest < 0 ? rest + size : rest);
}

// Groups without a window, or of windows: the same entries either way.
class Groups {
 public:
  explicit Groups(const AggregateOptions& options) {
    if (options.window) {
      slices_.emplace(key_types(options), value_types(options));
    } else {
      table_.emplace(key_types(options), value_types(options));
    }
  }

  void upsert(std::span<const ColumnPtr> keys, const ColumnPtr& starts, const ColumnPtr& partitions, Selection rows,
              size_t batch_rows, std::vector<uint32_t>& entries) {
    if (slices_) {
      slices_->upsert(keys, starts, partitions, rows, batch_rows, entries);
    } else {
      table_->upsert(keys, rows, batch_rows, entries);
    }
  }
  StateColumn& key(size_t i) { return slices_ ? slices_->key(i) : table_->key(i); }
  const StateColumn& key(size_t i) const { return slices_ ? slices_->key(i) : table_->key(i); }
  StateColumn& value(size_t i) { return slices_ ? slices_->value(i) : table_->value(i); }
  const StateColumn& value(size_t i) const { return slices_ ? slices_->value(i) : table_->value(i); }
  std::vector<uint32_t> all() const { return slices_ ? slices_->all() : table_->all(); }
  // Every entry of the key, one per window.
  template <class F>
  void find(std::span<const ColumnPtr> keys, size_t row, F&& each) const {
    if (slices_) {
      for (uint32_t entry : slices_->find(keys, row)) each(entry);
    } else if (const auto entry = table_->find(keys, row)) {
      each(*entry);
    }
  }
  TimeSlices& slices() { return *slices_; }
  const TimeSlices& slices() const { return *slices_; }
  StateContainer* container() {
    return slices_ ? static_cast<StateContainer*>(&*slices_) : static_cast<StateContainer*>(&*table_);
  }

 private:
  std::optional<KeyedState> table_;
  std::optional<TimeSlices> slices_;
};

// One batch in work.
struct Grouping {
  const Batch& batch;
  std::vector<ColumnPtr> keys;
  std::vector<std::vector<ColumnPtr>> arguments;  // per call
  ColumnPtr partitions;                           // logical
  ColumnPtr starts;                               // with a window
};

class Aggregate final : public Operator, public Materialized {
 public:
  explicit Aggregate(AggregateOptions options) : options_(std::move(options)), groups_(options_) {
    size_t next = time_value + 1;
    for (const auto& call : options_.calls) {
      first_state_.push_back(next);
      next += call.overload->state_types(call_arguments(call)).size();
    }
    first_state_.push_back(next);
  }

  void process(const Batch& batch, StepContext& step) override {
    RowErrors errors;
    Grouping work{batch, {}, {}, nullptr, nullptr};
    for (const auto& key : options_.keys) work.keys.push_back(key->evaluate(batch, Selection(batch.rows), errors));
    const std::vector<uint32_t> rows = rows_with_key(work);
    if (options_.counts) step.counters.filtered += static_cast<int64_t>(batch.rows - rows.size());
    for (const auto& call : options_.calls) {
      auto& list = work.arguments.emplace_back();
      for (const auto& argument : call.arguments) list.push_back(argument->evaluate(batch, Selection(rows), errors));
    }
    step.report(batch, errors);
    work.partitions = logical_partitions(work.batch, work.keys, options_.logical_partitions);
    if (options_.window) {
      add_by_window(work, rows, step);
    } else {
      add(work, rows, step);
    }
  }

  void end_step(StepContext& step) override {
    if (options_.emission == Emission::per_step) emit_changed(step);
    if (!options_.window) return;
    if (options_.emission != Emission::on_close) {
      for (size_t p = 0; p < times_.size(); ++p) {
        const int64_t time = times_[static_cast<int32_t>(p)];
        if (time != INT64_MIN)
          groups_.slices().expire(static_cast<int32_t>(p), time - options_.window->retention_ms + 1, nullptr);
      }
    }
    times_.save();
  }

  std::vector<StateContainer*> containers() override {
    std::vector<StateContainer*> list{groups_.container()};
    if (options_.window) list.push_back(times_.container());
    return list;
  }

  Batch look_up(const Lookup& lookup) const override;

 private:
  bool precedes(uint32_t a, uint32_t b) const;
  // Rows without a value, or with a null in their key, belong to no group.
  std::vector<uint32_t> rows_with_key(const Grouping& work) const {
    std::vector<uint32_t> rows;
    rows.reserve(work.batch.rows);
    for (uint32_t row = 0; row < work.batch.rows; ++row) {
      if (work.batch.kind(row) != RowKind::row) continue;
      bool whole = true;
      for (const ColumnPtr& key : work.keys) whole = whole && key->valid(row);
      if (whole) rows.push_back(row);
    }
    return rows;
  }

  // Time moves, rows are late and windows close at each row, not at the batch's end: what was admitted is added before
  // a window that it may belong to closes.
  void add_by_window(Grouping& work, const std::vector<uint32_t>& rows, StepContext& step) {
    const TumblingWindow& window = *options_.window;
    auto starts = std::make_shared<Column>(bigint_type, work.batch.rows);
    work.starts = starts;
    std::vector<uint32_t> admitted;
    for (uint32_t row : rows) {
      const int32_t partition = work.partitions->at<int32_t>(row);
      const int64_t time = work.batch.time_at(row);
      int64_t& now = times_[partition];
      now = std::max(now, time);
      const int64_t start = floor_to(time, window.size_ms);
      const int64_t closes = start + window.size_ms + window.grace_ms;
      if (options_.emission == Emission::on_close) {
        if (now >= next_close(partition)) {
          add(work, admitted, step);
          admitted.clear();
          close(partition, now, step);
        }
        if (now < closes) next_close_[partition] = std::min(next_close_[partition], closes);
      }
      if (now >= closes) {
        if (options_.counts) ++step.counters.late;
        continue;
      }
      starts->set(row, start);
      admitted.push_back(row);
    }
    add(work, admitted, step);
  }

  // When the partition's oldest window closes.
  int64_t next_close(int32_t partition) {
    const auto [at, fresh] = next_close_.try_emplace(partition, never);
    if (fresh) at->second = oldest_close(partition);
    return at->second;
  }
  int64_t oldest_close(int32_t partition) const {
    const int64_t start = groups_.slices().oldest(partition);
    return start == never ? never : start + options_.window->size_ms + options_.window->grace_ms;
  }

  void close(int32_t partition, int64_t now, StepContext& step) {
    const int64_t before = now - options_.window->size_ms - options_.window->grace_ms + 1;
    groups_.slices().visit(partition, INT64_MIN, before,
                           [&](int64_t, std::span<const uint32_t> entries) { emit(output(entries), step); });
    groups_.slices().expire(partition, before, nullptr);
    next_close_[partition] = oldest_close(partition);
  }

  void add(const Grouping& work, const std::vector<uint32_t>& rows, StepContext& step) {
    if (rows.empty()) return;
    if (options_.counts) step.counters.used += static_cast<int64_t>(rows.size());
    groups_.upsert(work.keys, work.starts, work.partitions, Selection(rows), work.batch.rows, entries_);
    if (options_.emission != Emission::each_update) {
      apply(work, rows, entries_, step);
      if (options_.emission == Emission::per_step) remember_changed();
      return;
    }
    // A row for every update: in runs in which no group comes twice, adding and then emitting a whole run gives what
    // row by row would.
    size_t begin = 0;
    while (begin < rows.size()) {
      ++run_;
      size_t end = begin;
      for (; end < rows.size(); ++end) {
        if (entries_[end] >= last_run_.size())
          last_run_.resize(std::max<size_t>(entries_[end] + 1, last_run_.size() * 2), 0);
        if (last_run_[entries_[end]] == run_) break;
        last_run_[entries_[end]] = run_;
      }
      const std::span run_rows = std::span(rows).subspan(begin, end - begin);
      const std::span run_entries = std::span<const uint32_t>(entries_).subspan(begin, end - begin);
      apply(work, run_rows, run_entries, step);
      Batch out = output(run_entries);
      out.offset = gather(work.batch.offset, run_rows);
      emit(out, step);
      begin = end;
    }
  }

  void apply(const Grouping& work, std::span<const uint32_t> rows, std::span<const uint32_t> entries,
             StepContext& step) {
    StateColumn& times = groups_.value(time_value);
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t time = work.batch.time_at(rows[i]);
      if (!times.valid(entries[i]) || times.at<int64_t>(entries[i]) < time) times.at<int64_t>(entries[i]) = time;
      times.set_valid(entries[i], true);
    }
    RowErrors errors;
    for (size_t c = 0; c < options_.calls.size(); ++c) {
      const auto states = call_state(c);
      options_.calls[c].overload->add(states, {work.arguments[c], Selection(rows), entries, errors});
    }
    step.report(work.batch, errors);
  }

  std::vector<StateColumn*> call_state(size_t call) {
    std::vector<StateColumn*> columns;
    for (size_t i = first_state_[call]; i < first_state_[call + 1]; ++i) columns.push_back(&groups_.value(i));
    return columns;
  }

  void remember_changed() {
    for (uint32_t entry : entries_) {
      if (entry >= last_run_.size()) last_run_.resize(std::max<size_t>(entry + 1, last_run_.size() * 2), 0);
      if (last_run_[entry] == step_run_) continue;
      last_run_[entry] = step_run_;
      changed_.push_back(entry);
    }
  }

  void emit_changed(StepContext& step) {
    constexpr size_t rows_max = 8192;
    for (size_t begin = 0; begin < changed_.size(); begin += rows_max)
      emit(output(std::span<const uint32_t>(changed_).subspan(begin, std::min(rows_max, changed_.size() - begin))),
           step);
    changed_.clear();
    ++step_run_;
  }

  // Rows of these entries. Their metadata: the newest event time, the logical partition, no offset.
  Batch output(std::span<const uint32_t> entries) const {
    Batch out;
    out.rows = entries.size();
    for (size_t k = 0; k < options_.keys.size(); ++k) out.columns.push_back(groups_.key(k).read(entries));
    if (options_.window) {
      const auto starts = groups_.slices().start().read(entries);
      auto ends = std::make_shared<Column>(bigint_type, entries.size());
      for (size_t i = 0; i < entries.size(); ++i) ends->set(i, starts->at<int64_t>(i) + options_.window->size_ms);
      out.columns.push_back(starts);
      out.columns.push_back(ends);
    }
    for (size_t c = 0; c < options_.calls.size(); ++c) {
      const auto states = const_cast<Aggregate*>(this)->call_state(c);
      out.columns.push_back(options_.calls[c].overload->result(states, entries, options_.calls[c].result));
    }
    out.time = groups_.value(time_value).read(entries);
    out.partition = options_.window ? groups_.slices().partition().read(entries)
                                    : ColumnPtr(Column::constant(integer_type, entries.size()));
    out.offset = Column::constant(bigint_type, entries.size());
    return out;
  }

  AggregateOptions options_;
  Groups groups_;
  StreamTimes times_;
  std::vector<size_t> first_state_;        // per call: its first value column; then one past the last
  std::map<int32_t, int64_t> next_close_;  // per logical partition, on_close only
  std::vector<uint32_t> entries_;          // of the batch in work
  std::vector<uint32_t> changed_;          // in this step, in order of the first change
  std::vector<uint64_t> last_run_;         // per entry
  uint64_t run_ = 0;
  uint64_t step_run_ = 1;
};

Batch Aggregate::look_up(const Lookup& lookup) const {
  std::vector<uint32_t> found;
  auto add = [&](uint32_t entry) {
    if (options_.window) {
      const int64_t start = groups_.slices().start().at<int64_t>(entry);
      if (start < lookup.window_from || start > lookup.window_to) return;
      const int64_t now = times_.at(groups_.slices().partition().at<int32_t>(entry));
      if (now != INT64_MIN && start + options_.window->retention_ms <= now) return;
    }
    found.push_back(entry);
  };
  if (lookup.keys.empty()) {
    for (uint32_t entry : groups_.all()) add(entry);
  } else {
    for (size_t row = 0; row < lookup.keys[0]->size(); ++row) groups_.find(lookup.keys, row, add);
  }
  std::sort(found.begin(), found.end(), [this](uint32_t a, uint32_t b) { return precedes(a, b); });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return output(found);
}

// By key, then by window.
bool Aggregate::precedes(uint32_t a, uint32_t b) const {
  for (size_t k = 0; k < options_.keys.size(); ++k) {
    const int order = groups_.key(k).compare(a, b);
    if (order != 0) return order < 0;
  }
  return options_.window && groups_.slices().start().compare(a, b) < 0;
}

}  // namespace

std::unique_ptr<Operator> make_aggregate(AggregateOptions options, Materialized** materialized) {
  auto aggregate = std::make_unique<Aggregate>(std::move(options));
  if (materialized != nullptr) *materialized = aggregate.get();
  return aggregate;
}

}  // namespace millrace
