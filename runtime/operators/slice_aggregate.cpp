// GROUP BY over hopping windows that are merged from slices when they are emitted.
#include <limits>
#include <map>
#include <numeric>

#include "runtime/operators/aggregate_base.h"
#include "runtime/operators/slice_groups.h"

namespace millrace {

namespace {

constexpr int64_t never = std::numeric_limits<int64_t>::max();

// Windows of one group, by start.
struct GroupWindows {
  uint32_t entry = 0;  // one of the group's
  std::vector<int64_t> starts;
};

// Windows in work: one row of states each.
class MergedWindows {
 public:
  explicit MergedWindows(const std::vector<AggregateCall>& calls)
      : columns_(make_columns(calls)), states_(calls, pointers(columns_)) {}

  void resize(size_t rows) {
    for (StateColumn& column : columns_) column.resize(rows);
  }
  const CallStates& states() const { return states_; }

 private:
  static std::vector<StateColumn> make_columns(const std::vector<AggregateCall>& calls) {
    std::vector<StateColumn> columns;
    for (Type& type : state_types(calls)) columns.emplace_back(std::move(type));
    return columns;
  }
  static std::vector<StateColumn*> pointers(std::vector<StateColumn>& columns) {
    std::vector<StateColumn*> out;
    for (StateColumn& column : columns) out.push_back(&column);
    return out;
  }

  std::vector<StateColumn> columns_;
  CallStates states_;
};

class SliceAggregate final : public AggregateBase {
 public:
  explicit SliceAggregate(AggregateOptions options)
      : AggregateBase(std::move(options)),
        window_(*options_.window),
        slice_ms_(std::gcd(window_.size_ms, window_.advance_ms)),
        slices_(key_types(), with_time(state_types(options_.calls))),
        groups_(slices_, options_.keys.size()),
        states_(options_.calls, state_columns()) {}

  // As over windows of their own, but that a row is added to its slice alone. Once a window has closed nobody looks at
  // it, so it does no harm that rows come to its slices which are late for it.
  void process(const Batch& batch, StepContext& step) override {
    index_loaded();
    const GroupedBatch work = evaluate(batch, step);
    std::vector<uint32_t> admitted;
    auto starts = std::make_shared<Column>(bigint_type, batch.rows);
    for (const uint32_t row : work.rows) {
      const int32_t partition = work.partitions->at<int32_t>(row);
      const int64_t time = batch.time_at(row);
      int64_t& now = times_[partition];
      if (time > now) {
        const int64_t before = std::exchange(now, time);
        if (now >= next_close(partition, before)) {
          add_admitted(work, starts, admitted, step);
          close(partition, before, now, step);
        }
      }
      if (now >= closes(time / window_.advance_ms * window_.advance_ms)) {
        count_late(step);
        continue;
      }
      count_used(1, step);
      next_close_[partition] = std::min(next_close_[partition], closes(std::max(first_window(time), first_open(now))));
      starts->set(row, time / slice_ms_ * slice_ms_);
      admitted.push_back(row);
    }
    add_admitted(work, starts, admitted, step);
  }

  void end_step(StepContext& step) override {
    index_loaded();
    if (options_.emission == Emission::per_step)
      emit_windows(changed_windows([this](uint32_t entry) { return std::pair(first_open(now_of(entry)), never); }),
                   false, step);
    changed_.clear();
    for (size_t p = 0; p < times_.size(); ++p) {
      const auto partition = static_cast<int32_t>(p);
      if (times_[partition] == INT64_MIN) continue;
      slices_.expire(partition, first_open(times_[partition]), [this](int64_t, std::span<const uint32_t> entries) {
        for (const uint32_t entry : entries) groups_.remove(entry);
      });
    }
    AggregateBase::end_step(step);
  }

  std::vector<StateContainer*> containers() override {
    std::vector<StateContainer*> list{&slices_};
    add_containers(list);
    return list;
  }

  Batch look_up(const Lookup& lookup) const override;

 private:
  static constexpr size_t time_value = 0;

  std::vector<StateColumn*> state_columns() {
    std::vector<StateColumn*> columns;
    for (size_t i = 0; i < state_types(options_.calls).size(); ++i)
      columns.push_back(&slices_.value(time_value + 1 + i));
    return columns;
  }
  // A restart begins with an operator that is new, whose container is loaded before its first batch.
  void index_loaded() const {
    if (std::exchange(indexed_, true)) return;
    groups_.rebuild();
  }

  int64_t closes(int64_t start) const { return start + window_.size_ms + window_.grace_ms; }
  int64_t first_window(int64_t time) const {
    return std::max<int64_t>(0, time - window_.size_ms + window_.advance_ms) / window_.advance_ms * window_.advance_ms;
  }
  // The start of the first window that is open at this time.
  int64_t first_open(int64_t now) const {
    if (now == INT64_MIN) return 0;
    const int64_t least = std::max<int64_t>(0, now - window_.size_ms - window_.grace_ms + 1);
    return (least + window_.advance_ms - 1) / window_.advance_ms * window_.advance_ms;
  }
  int64_t now_of(uint32_t entry) const { return times_.at(slices_.partition().at<int32_t>(entry)); }
  int64_t start_of(uint32_t entry) const { return slices_.start().at<int64_t>(entry); }

  int64_t next_close(int32_t partition, int64_t before) {
    const auto [at, fresh] = next_close_.try_emplace(partition, never);
    if (fresh) at->second = oldest_close(partition, before);
    return at->second;
  }
  // When the first window closes that is open at this time and holds a slice.
  int64_t oldest_close(int32_t partition, int64_t now) const {
    const int64_t open = first_open(now);
    const int64_t slice = slices_.oldest(partition, open);
    return slice == never ? never : closes(std::max(open, first_window(slice)));
  }

  void add_admitted(const GroupedBatch& work, const ColumnPtr& starts, std::vector<uint32_t>& admitted,
                    StepContext& step) {
    if (admitted.empty()) return;
    std::vector<uint32_t> created;
    slices_.upsert(work.keys, starts, work.partitions, Selection(admitted), work.batch.rows, entries_, &created);
    if (!created.empty()) {
      std::vector<uint64_t> hashes(created.size(), 0);
      for (size_t k = 0; k < options_.keys.size(); ++k) hash_values(*slices_.key(k).read(created), hashes);
      for (size_t i = 0; i < created.size(); ++i) groups_.add(created[i], hashes[i]);
    }
    raise_times(slices_.value(time_value), work.batch, admitted, entries_);
    add(states_, work, admitted, entries_, step);
    if (options_.emission == Emission::per_step)
      for (const uint32_t entry : entries_) changed_.add(entry);
    admitted.clear();
  }

  // Emits the windows that were open before and are not now; once per step those that changed in it.
  void close(int32_t partition, int64_t before, int64_t now, StepContext& step) {
    const int64_t from = first_open(before);
    const int64_t to = first_open(now);
    if (options_.emission == Emission::on_close) {
      std::vector<GroupWindows> windows;
      groups_.for_each(partition, [&](const SliceGroups::Group& group) { add_windows(group, from, to, windows); });
      emit_windows(windows, true, step);
    } else {
      emit_windows(changed_windows([&](uint32_t entry) {
                     return slices_.partition().at<int32_t>(entry) == partition ? std::pair(from, to)
                                                                                : std::pair(never, never);
                   }),
                   false, step);
    }
    next_close_[partition] = oldest_close(partition, now);
  }

  // The windows of the group with a start in [from, to) that hold one of these slices.
  void add_windows(std::span<const uint32_t> slices, int64_t from, int64_t to,
                   std::vector<GroupWindows>& windows) const {
    GroupWindows out;
    int64_t next = from;
    for (const uint32_t entry : slices) {
      out.entry = entry;
      for (int64_t start = std::max(next, first_window(start_of(entry))); start <= start_of(entry) && start < to;
           start += window_.advance_ms) {
        out.starts.push_back(start);
        next = start + window_.advance_ms;
      }
    }
    if (!out.starts.empty()) windows.push_back(std::move(out));
  }

  // The windows in the range that `range` gives for an entry which hold a slice that changed, by group in the order of
  // the first change.
  template <class Range>
  std::vector<GroupWindows> changed_windows(Range&& range) const {
    std::vector<GroupWindows> windows;
    absl::flat_hash_map<const SliceGroups::Group*, std::vector<uint32_t>> by_group;
    std::vector<const SliceGroups::Group*> order;
    for (const uint32_t entry : changed_.entries()) {
      const SliceGroups::Group* group = &groups_.group(entry);
      auto& slices = by_group[group];
      if (slices.empty()) order.push_back(group);
      slices.push_back(entry);
    }
    for (const SliceGroups::Group* group : order) {
      auto& slices = by_group[group];
      std::sort(slices.begin(), slices.end(), [this](uint32_t a, uint32_t b) { return start_of(a) < start_of(b); });
      const auto [from, to] = range(slices[0]);
      add_windows(slices, from, to, windows);
    }
    return windows;
  }

  void emit_windows(const std::vector<GroupWindows>& windows, bool by_time, StepContext& step) {
    if (windows.empty()) return;
    Batch all = output(windows);
    if (by_time) all = all.gather(by_time_and_key(windows));
    constexpr size_t rows_max = 8192;
    for (size_t begin = 0; begin < all.rows; begin += rows_max)
      emit(all.slice(begin, std::min(all.rows, begin + rows_max)), step);
  }
  std::vector<uint32_t> by_time_and_key(const std::vector<GroupWindows>& windows) const;

  Batch output(const std::vector<GroupWindows>& windows) const;
  void merge_group(const GroupWindows& windows, size_t first_row, MergedWindows& merged, Column& times) const;

  const AggregateWindow& window_;
  int64_t slice_ms_;
  TimeSlices slices_;  // (key, slice's start) → (newest event time, states)
  mutable bool indexed_ = false;
  mutable SliceGroups groups_;
  CallStates states_;
  ChangedEntries changed_;
  std::map<int32_t, int64_t> next_close_;  // per logical partition
  std::vector<uint32_t> entries_;          // of what was admitted last
};

// Windows that overlap share what they merge: those up to the first one's end are a part that is before that end,
// merged backwards, and one that is after it, merged forwards. So a slice is merged about once, however many windows
// hold it.
void SliceAggregate::merge_group(const GroupWindows& windows, size_t first_row, MergedWindows& merged,
                                 Column& times) const {
  const auto& group = groups_.group(windows.entry);
  const size_t running = times.size();  // a row after the windows'
  auto first_slice = [&](int64_t time) {
    return std::lower_bound(group.begin(), group.end(), time,
                            [this](uint32_t entry, int64_t t) { return start_of(entry) < t; });
  };
  auto* newest = times.values<int64_t>();
  int64_t running_time = INT64_MIN;
  auto take = [&](uint32_t slice) {
    merged.states().merge(static_cast<uint32_t>(running), states_, slice);
    running_time = std::max(running_time, slices_.value(time_value).at<int64_t>(slice));
  };
  auto give = [&](size_t window) {
    if (running_time == INT64_MIN) return;
    merged.states().merge(static_cast<uint32_t>(first_row + window), merged.states(), static_cast<uint32_t>(running));
    newest[first_row + window] = std::max(newest[first_row + window], running_time);
  };
  auto restart = [&] {
    merged.states().reset(static_cast<uint32_t>(running));
    running_time = INT64_MIN;
  };
  const auto& starts = windows.starts;
  for (size_t begin = 0; begin < starts.size();) {
    const int64_t middle = starts[begin] + window_.size_ms;
    size_t end = begin;
    while (end < starts.size() && starts[end] < middle) ++end;
    restart();
    auto slice = first_slice(middle);
    for (size_t w = end; w-- > begin;) {
      while (slice != group.begin() && start_of(*(slice - 1)) >= starts[w]) take(*--slice);
      give(w);
    }
    restart();
    slice = first_slice(middle);
    for (size_t w = begin; w < end; ++w) {
      for (; slice != group.end() && start_of(*slice) < starts[w] + window_.size_ms; ++slice) take(*slice);
      give(w);
    }
    begin = end;
  }
}

Batch SliceAggregate::output(const std::vector<GroupWindows>& windows) const {
  size_t rows = 0;
  for (const GroupWindows& group : windows) rows += group.starts.size();
  MergedWindows merged(options_.calls);
  merged.resize(rows + 1);
  auto times = std::make_shared<Column>(bigint_type, rows);
  std::fill_n(times->values<int64_t>(), rows, INT64_MIN);
  auto starts = std::make_shared<Column>(bigint_type, rows);
  auto ends = std::make_shared<Column>(bigint_type, rows);
  std::vector<uint32_t> entries;
  for (const GroupWindows& group : windows) {
    merge_group(group, entries.size(), merged, *times);
    for (const int64_t start : group.starts) {
      starts->set(entries.size(), start);
      ends->set(entries.size(), start + window_.size_ms);
      entries.push_back(group.entry);
    }
  }
  Batch out;
  out.rows = rows;
  for (size_t k = 0; k < options_.keys.size(); ++k) out.columns.push_back(slices_.key(k).read(entries));
  out.columns.push_back(std::move(starts));
  out.columns.push_back(std::move(ends));
  std::vector<uint32_t> all(rows);
  std::iota(all.begin(), all.end(), 0U);
  merged.states().read(all, out.columns);
  out.time = std::move(times);
  out.partition = slices_.partition().read(entries);
  out.offset = Column::constant(bigint_type, rows);
  return out;
}

std::vector<uint32_t> SliceAggregate::by_time_and_key(const std::vector<GroupWindows>& windows) const {
  std::vector<std::pair<int64_t, uint32_t>> places;  // start, entry of the group
  for (const GroupWindows& group : windows)
    for (const int64_t start : group.starts) places.emplace_back(start, group.entry);
  std::vector<uint32_t> rows(places.size());
  std::iota(rows.begin(), rows.end(), 0U);
  std::sort(rows.begin(), rows.end(), [&](uint32_t a, uint32_t b) {
    if (places[a].first != places[b].first) return places[a].first < places[b].first;
    return compare_keys(slices_, options_.keys.size(), places[a].second, places[b].second) < 0;
  });
  return rows;
}

Batch SliceAggregate::look_up(const Lookup& lookup) const {
  index_loaded();
  std::vector<GroupWindows> windows;
  auto add = [&](const SliceGroups::Group& group) {
    const int64_t to = lookup.window_to == never ? never : lookup.window_to + 1;
    const int64_t from = std::max(first_open(now_of(group[0])), lookup.window_from);
    add_windows(group, (from + window_.advance_ms - 1) / window_.advance_ms * window_.advance_ms, to, windows);
  };
  if (lookup.keys.empty()) {
    groups_.for_each(add);
  } else {
    for (size_t row = 0; row < lookup.keys[0]->size(); ++row) {
      const auto slices = slices_.find(lookup.keys, row);
      if (!slices.empty()) add(groups_.group(slices[0]));
    }
  }
  std::sort(windows.begin(), windows.end(), [this](const GroupWindows& a, const GroupWindows& b) {
    return compare_keys(slices_, options_.keys.size(), a.entry, b.entry) < 0;
  });
  windows.erase(std::unique(windows.begin(), windows.end(),
                            [this](const GroupWindows& a, const GroupWindows& b) {
                              return compare_keys(slices_, options_.keys.size(), a.entry, b.entry) == 0;
                            }),
                windows.end());
  return output(windows);
}

}  // namespace

// A window that has closed cannot be told from its slices any more; one that is kept longer has a state of its own.
bool fits_slices(const AggregateOptions& options) {
  if (!options.window || options.window->kind != WindowKind::hopping) return false;
  const AggregateWindow& window = *options.window;
  return options.emission != Emission::each_update && window.retention_ms == window.size_ms + window.grace_ms &&
         window.advance_ms < window.size_ms &&
         std::all_of(options.calls.begin(), options.calls.end(),
                     [](const AggregateCall& call) { return call.overload->merge && call.overload->merges_exactly; });
}

MadeAggregate make_slice_aggregate(AggregateOptions options) {
  auto aggregate = std::make_unique<SliceAggregate>(std::move(options));
  Materialized* materialized = aggregate.get();
  return {std::move(aggregate), materialized};
}

}  // namespace millrace
