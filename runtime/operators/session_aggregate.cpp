// GROUP BY over sessions: windows that grow with their rows and are merged where a row lies between two.
#include <limits>

#include "runtime/operators/aggregate_base.h"
#include "runtime/state/sessions.h"

namespace millrace {

namespace {

struct Bounds {
  int64_t start = 0, end = 0;
  bool operator==(const Bounds&) const = default;
};

class SessionAggregate final : public AggregateBase {
 public:
  explicit SessionAggregate(AggregateOptions options)
      : AggregateBase(std::move(options)),
        window_(*options_.window),
        sessions_(key_types(), state_types(options_.calls)),
        states_(options_.calls, state_columns()) {}

  // Time, lateness and closing are decided at each row, as are the sessions' bounds. What the rows do to the states of
  // the calls waits, for as long as every session has one row only, or, where not each update is emitted, until a
  // session is merged or emitted.
  void process(const Batch& batch, StepContext& step) override {
    const GroupedBatch work = evaluate(batch, step);
    const std::vector<uint64_t> hashes = Sessions::hash_keys(work.keys, batch.rows);
    for (const uint32_t row : work.rows) {
      const int32_t partition = work.partitions->at<int32_t>(row);
      const int64_t time = batch.time_at(row);
      int64_t& now = times_[partition];
      if (time > now) {
        const int64_t before = std::exchange(now, time);
        if (options_.emission == Emission::on_close) close(work, partition, before, now, step);
      }
      sessions_.find(work.keys, row, hashes[row], time - window_.size_ms, time + window_.size_ms, met_);
      std::erase_if(met_, [&](uint32_t entry) { return sessions_.end(entry) < takes_rows_from(now); });
      Bounds merged{time, time};
      for (const uint32_t entry : met_) {
        merged.start = std::min(merged.start, sessions_.start(entry));
        merged.end = std::max(merged.end, sessions_.end(entry));
      }
      if (merged.end < open_from(now)) {
        count_late(step);
        continue;
      }
      count_used(1, step);
      add_row(work, row, merged, hashes[row], partition, step);
    }
    flush(work, step);
  }

  void end_step(StepContext& step) override {
    emit_changed(step);
    for (size_t p = 0; p < times_.size(); ++p) {
      const auto partition = static_cast<int32_t>(p);
      if (times_[partition] != INT64_MIN) sessions_.expire(partition, times_[partition] - window_.retention_ms);
    }
    AggregateBase::end_step(step);
  }

  std::vector<StateContainer*> containers() override {
    std::vector<StateContainer*> list{&sessions_};
    add_containers(list);
    return list;
  }

  Batch look_up(const Lookup& lookup) const override {
    std::vector<uint32_t> found;
    auto add = [&](uint32_t entry) {
      if (sessions_.start(entry) < lookup.window_from || sessions_.start(entry) > lookup.window_to) return;
      const int64_t now = times_.at(sessions_.partition(entry));
      if (now == INT64_MIN || sessions_.end(entry) + window_.retention_ms >= now) found.push_back(entry);
    };
    if (lookup.keys.empty()) {
      for (const uint32_t entry : sessions_.all()) add(entry);
    } else {
      for (size_t row = 0; row < lookup.keys[0]->size(); ++row)
        for (const uint32_t entry : sessions_.find(lookup.keys, row)) add(entry);
    }
    std::sort(found.begin(), found.end(), [this](uint32_t a, uint32_t b) {
      const int order = compare_keys(sessions_, options_.keys.size(), a, b);
      return order != 0 ? order < 0 : sessions_.start(a) < sessions_.start(b);
    });
    found.erase(std::unique(found.begin(), found.end()), found.end());
    Outputs out;
    for (const uint32_t entry : found) out.add(entry, bounds(entry), RowKind::row);
    return output(out);
  }

 private:
  // Rows of the result: sessions with the bounds that they had, or have.
  struct Outputs {
    std::vector<uint32_t> entries;
    std::vector<Bounds> bounds;
    std::vector<RowKind> kinds;
    std::vector<uint32_t> causes;  // rows of the batch in work; empty where none is

    void add(uint32_t entry, Bounds at, RowKind kind) {
      entries.push_back(entry);
      bounds.push_back(at);
      kinds.push_back(kind);
    }
  };
  // A session that changed in the step.
  struct Changed {
    uint32_t entry = 0;
    bool was_out = false;  // it was there when the step began
    Bounds before;
  };

  std::vector<StateColumn*> state_columns() {
    std::vector<StateColumn*> columns;
    for (size_t i = 0; i < state_types(options_.calls).size(); ++i) columns.push_back(&sessions_.value(i));
    return columns;
  }
  Bounds bounds(uint32_t entry) const { return {sessions_.start(entry), sessions_.end(entry)}; }

  // The first end of sessions that are open at this time.
  int64_t open_from(int64_t now) const { return now == INT64_MIN ? now : now - window_.size_ms - window_.grace_ms; }
  // The first end of sessions that rows may still join. What was emitted as final stays what it is.
  int64_t takes_rows_from(int64_t now) const {
    return options_.emission == Emission::on_close ? open_from(now) : now - window_.retention_ms;
  }

  // The row joins the sessions that it met, which become one.
  void add_row(const GroupedBatch& work, uint32_t row, Bounds merged, uint64_t hash, int32_t partition,
               StepContext& step) {
    const int64_t time = work.batch.time_at(row);
    if (met_.size() > 1) flush(work, step);
    if (options_.emission == Emission::each_update && !met_.empty() && in_run_.add(met_[0]) == false) flush(work, step);
    uint32_t entry = 0;
    if (met_.empty()) {
      entry = sessions_.add(work.keys, row, hash, partition, time);
      remember(entry, false, {time, time});
    } else {
      entry = met_[0];
      for (const uint32_t each : met_) {
        remember(each, true, bounds(each));
        if (options_.emission == Emission::each_update && merged != Bounds{time, time}) {
          outputs_.add(each, bounds(each), RowKind::tombstone);
          outputs_.causes.push_back(row);
        }
      }
      for (const uint32_t other : std::span(met_).subspan(1)) {
        states_.merge(entry, states_, other);
        sessions_.erase(other);
      }
      sessions_.extend(entry, merged.start, merged.end);
    }
    rows_.push_back(row);
    entries_.push_back(entry);
    if (options_.emission != Emission::each_update) return;
    in_run_.add(entry);
    outputs_.add(entry, merged, RowKind::row);
    outputs_.causes.push_back(row);
  }

  // Gives the rows that wait to the calls, and emits what waits for that.
  void flush(const GroupedBatch& work, StepContext& step) {
    add(states_, work, rows_, entries_, step);
    rows_.clear();
    entries_.clear();
    in_run_.clear();
    if (outputs_.entries.empty()) return;
    Batch out = output(outputs_);
    out.offset = gather(work.batch.offset, outputs_.causes);
    outputs_ = {};
    emit(out, step);
  }

  void close(const GroupedBatch& work, int32_t partition, int64_t before, int64_t now, StepContext& step) {
    std::vector<uint32_t> closed = sessions_.ended(partition, open_from(before), open_from(now));
    if (closed.empty()) return;
    flush(work, step);
    std::sort(closed.begin(), closed.end(), [this](uint32_t a, uint32_t b) {
      if (sessions_.end(a) != sessions_.end(b)) return sessions_.end(a) < sessions_.end(b);
      if (sessions_.start(a) != sessions_.start(b)) return sessions_.start(a) < sessions_.start(b);
      return compare_keys(sessions_, options_.keys.size(), a, b) < 0;
    });
    Outputs out;
    for (const uint32_t entry : closed) out.add(entry, bounds(entry), RowKind::row);
    emit(output(out), step);
  }

  void remember(uint32_t entry, bool was_out, Bounds before) {
    if (options_.emission == Emission::per_step && changed_entries_.add(entry))
      changed_.push_back({entry, was_out, before});
  }

  void emit_changed(StepContext& step) {
    Outputs out;
    for (const Changed& each : changed_) {
      const bool alive = sessions_.alive(each.entry);
      if (each.was_out && !(alive && bounds(each.entry) == each.before))
        out.add(each.entry, each.before, RowKind::tombstone);
      if (alive) out.add(each.entry, bounds(each.entry), RowKind::row);
    }
    changed_.clear();
    changed_entries_.clear();
    if (!out.entries.empty()) emit(output(out), step);
  }

  Batch output(const Outputs& rows) const {
    Batch out;
    out.rows = rows.entries.size();
    for (size_t k = 0; k < options_.keys.size(); ++k) out.columns.push_back(sessions_.key(k).read(rows.entries));
    auto starts = std::make_shared<Column>(bigint_type, out.rows);
    auto ends = std::make_shared<Column>(bigint_type, out.rows);
    auto partitions = std::make_shared<Column>(integer_type, out.rows);
    for (size_t i = 0; i < out.rows; ++i) {
      starts->set(i, rows.bounds[i].start);
      ends->set(i, rows.bounds[i].end);
      partitions->set(i, sessions_.partition(rows.entries[i]));
    }
    out.columns.push_back(starts);
    out.columns.push_back(ends);
    states_.read(rows.entries, out.columns);
    out.time = ends;
    out.partition = std::move(partitions);
    out.offset = Column::constant(bigint_type, out.rows);
    out.kinds = std::make_shared<const std::vector<RowKind>>(rows.kinds);
    return out;
  }

  const AggregateWindow& window_;
  Sessions sessions_;
  CallStates states_;
  std::vector<uint32_t> met_;             // by the row in work
  std::vector<uint32_t> rows_, entries_;  // that wait to be added
  ChangedEntries in_run_;                 // those of them, where each update is emitted
  Outputs outputs_;
  ChangedEntries changed_entries_;
  std::vector<Changed> changed_;  // in order of the first change; per_step only
};

}  // namespace

MadeAggregate make_session_aggregate(AggregateOptions options) {
  auto aggregate = std::make_unique<SessionAggregate>(std::move(options));
  Materialized* materialized = aggregate.get();
  return {std::move(aggregate), materialized};
}

}  // namespace millrace
