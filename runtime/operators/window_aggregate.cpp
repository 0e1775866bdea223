// GROUP BY over tumbling and hopping windows.
#include <limits>
#include <map>

#include "runtime/operators/aggregate_base.h"
#include "runtime/state/time_slices.h"

namespace millrace {

namespace {

constexpr size_t admitted_max = 64 << 10;  // pairs of a row and a window that are gathered before they are added
constexpr int64_t never = std::numeric_limits<int64_t>::max();

class WindowAggregate final : public AggregateBase {
 public:
  explicit WindowAggregate(AggregateOptions options)
      : AggregateBase(std::move(options)),
        window_(*options_.window),
        slices_(key_types(), with_time(state_types(options_.calls))),
        states_(options_.calls, state_columns()) {}

  // Time moves, rows are late and windows close at each row, not at the batch's end: what was admitted is added before
  // a window that it may belong to closes.
  void process(const Batch& batch, StepContext& step) override {
    const GroupedBatch work = evaluate(batch, step);
    Admitted& admitted = admitted_;
    for (const uint32_t row : work.rows) {
      const int32_t partition = work.partitions->at<int32_t>(row);
      const int64_t time = batch.time_at(row);
      int64_t& now = times_[partition];
      if (time > now) {
        const int64_t before = std::exchange(now, time);
        if (options_.emission == Emission::on_close && now >= next_close(partition, before)) {
          add_admitted(work, admitted, step);
          close(partition, before, now, step);
        }
      }
      const size_t windows_before = admitted.rows.size();
      for (int64_t start = first_window(time); start <= time; start += window_.advance_ms) {
        const int64_t closes = start + window_.size_ms + window_.grace_ms;
        if (now >= closes) continue;
        if (options_.emission == Emission::on_close) next_close_[partition] = std::min(next_close_[partition], closes);
        admitted.rows.push_back(row);
        admitted.starts.push_back(start);
      }
      if (admitted.rows.size() == windows_before) {
        count_late(step);
      } else {
        count_used(1, step);
      }
      if (admitted.rows.size() >= admitted_max) add_admitted(work, admitted, step);
    }
    add_admitted(work, admitted, step);
  }

  void end_step(StepContext& step) override {
    constexpr size_t rows_max = 8192;
    const std::span changed(changed_.entries());
    for (size_t begin = 0; begin < changed.size(); begin += rows_max)
      emit(output(changed.subspan(begin, std::min(rows_max, changed.size() - begin))), step);
    changed_.clear();
    for (size_t p = 0; p < times_.size(); ++p) {
      const auto partition = static_cast<int32_t>(p);
      const int64_t time = times_[partition];
      if (time != INT64_MIN) slices_.expire(partition, time - window_.retention_ms + 1, nullptr);
    }
    AggregateBase::end_step(step);
  }

  std::vector<StateContainer*> containers() override {
    std::vector<StateContainer*> list{&slices_};
    add_containers(list);
    return list;
  }

  Batch look_up(const Lookup& lookup) const override {
    std::vector<uint32_t> found;
    auto add = [&](uint32_t entry) {
      const int64_t start = slices_.start().at<int64_t>(entry);
      if (start < lookup.window_from || start > lookup.window_to) return;
      const int64_t now = times_.at(slices_.partition().at<int32_t>(entry));
      if (now == INT64_MIN || start + window_.retention_ms > now) found.push_back(entry);
    };
    if (lookup.keys.empty()) {
      for (const uint32_t entry : slices_.all()) add(entry);
    } else {
      for (size_t row = 0; row < lookup.keys[0]->size(); ++row)
        for (const uint32_t entry : slices_.find(lookup.keys, row)) add(entry);
    }
    std::sort(found.begin(), found.end(), [this](uint32_t a, uint32_t b) {
      const int order = compare_keys(slices_, options_.keys.size(), a, b);
      return order != 0 ? order < 0 : slices_.start().compare(a, b) < 0;
    });
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return output(found);
  }

 private:
  static constexpr size_t time_value = 0;

  // Rows of the batch with the start of a window of theirs, by row and start.
  struct Admitted {
    std::vector<uint32_t> rows;
    std::vector<int64_t> starts;
  };

  std::vector<StateColumn*> state_columns() {
    std::vector<StateColumn*> columns;
    for (size_t i = 0; i < state_types(options_.calls).size(); ++i)
      columns.push_back(&slices_.value(time_value + 1 + i));
    return columns;
  }

  // The start of the first window that holds the time; none begins before 1970, as in the base language.
  int64_t first_window(int64_t time) const {
    return std::max<int64_t>(0, time - window_.size_ms + window_.advance_ms) / window_.advance_ms * window_.advance_ms;
  }

  // The first start of windows that are still open at this time.
  int64_t open_from(int64_t time) const {
    return time == INT64_MIN ? time : time - window_.size_ms - window_.grace_ms + 1;
  }
  // When the oldest of the partition's windows closes that were open at the time `before`.
  int64_t next_close(int32_t partition, int64_t before) {
    const auto [at, fresh] = next_close_.try_emplace(partition, never);
    if (fresh) at->second = oldest_close(partition, before);
    return at->second;
  }
  int64_t oldest_close(int32_t partition, int64_t time) const {
    const int64_t start = slices_.oldest(partition, open_from(time));
    return start == never ? never : start + window_.size_ms + window_.grace_ms;
  }

  // Emits the windows that were open before and are not now.
  void close(int32_t partition, int64_t before, int64_t now, StepContext& step) {
    slices_.visit(partition, open_from(before), open_from(now), [&](int64_t, std::span<const uint32_t> entries) {
      std::vector<uint32_t> by_key(entries.begin(), entries.end());
      std::sort(by_key.begin(), by_key.end(),
                [this](uint32_t a, uint32_t b) { return compare_keys(slices_, options_.keys.size(), a, b) < 0; });
      emit(output(by_key), step);
    });
    next_close_[partition] = oldest_close(partition, now);
  }

  void add_admitted(const GroupedBatch& work, Admitted& admitted, StepContext& step) {
    if (admitted.rows.empty()) return;
    upsert(work, admitted);
    if (options_.emission != Emission::each_update) {
      apply(work, admitted.rows, entries_, step);
      if (options_.emission == Emission::per_step)
        for (const uint32_t entry : entries_) changed_.add(entry);
    } else {
      runs_.split(entries_, [&](size_t begin, size_t end) {
        const auto rows = std::span<const uint32_t>(admitted.rows).subspan(begin, end - begin);
        const auto entries = std::span<const uint32_t>(entries_).subspan(begin, end - begin);
        apply(work, rows, entries, step);
        Batch out = output(entries);
        out.offset = gather(work.batch.offset, rows);
        emit(out, step);
      });
    }
    admitted.rows.clear();
    admitted.starts.clear();
  }

  void upsert(const GroupedBatch& work, const Admitted& admitted) {
    if (window_.kind == WindowKind::tumbling) {
      auto starts = std::make_shared<Column>(bigint_type, work.batch.rows);
      for (size_t i = 0; i < admitted.rows.size(); ++i) starts->set(admitted.rows[i], admitted.starts[i]);
      slices_.upsert(work.keys, starts, work.partitions, Selection(admitted.rows), work.batch.rows, entries_);
      return;
    }
    // A row comes once for each of its windows.
    std::vector<ColumnPtr> keys;
    for (const ColumnPtr& key : work.keys) keys.push_back(gather(key, admitted.rows));
    const size_t count = admitted.rows.size();
    auto starts = std::make_shared<Column>(bigint_type, count);
    for (size_t i = 0; i < count; ++i) starts->set(i, admitted.starts[i]);
    slices_.upsert(keys, starts, gather(work.partitions, admitted.rows), Selection(count), count, entries_);
  }

  void apply(const GroupedBatch& work, std::span<const uint32_t> rows, std::span<const uint32_t> entries,
             StepContext& step) {
    raise_times(slices_.value(time_value), work.batch, rows, entries);
    add(states_, work, rows, entries, step);
  }

  Batch output(std::span<const uint32_t> entries) const {
    Batch out;
    out.rows = entries.size();
    for (size_t k = 0; k < options_.keys.size(); ++k) out.columns.push_back(slices_.key(k).read(entries));
    const auto starts = slices_.start().read(entries);
    auto ends = std::make_shared<Column>(bigint_type, entries.size());
    for (size_t i = 0; i < entries.size(); ++i) ends->set(i, starts->at<int64_t>(i) + window_.size_ms);
    out.columns.push_back(starts);
    out.columns.push_back(ends);
    states_.read(entries, out.columns);
    out.time = slices_.value(time_value).read(entries);
    out.partition = slices_.partition().read(entries);
    out.offset = Column::constant(bigint_type, entries.size());
    return out;
  }

  const AggregateWindow& window_;
  TimeSlices slices_;  // (key, window's start) → (newest event time, states)
  CallStates states_;
  DistinctRuns runs_;
  ChangedEntries changed_;
  Admitted admitted_;                      // empty between batches
  std::map<int32_t, int64_t> next_close_;  // per logical partition, on_close only
  std::vector<uint32_t> entries_;          // of what was admitted last
};

}  // namespace

MadeAggregate make_window_aggregate(AggregateOptions options) {
  auto aggregate = std::make_unique<WindowAggregate>(std::move(options));
  Materialized* materialized = aggregate.get();
  return {std::move(aggregate), materialized};
}

}  // namespace millrace
