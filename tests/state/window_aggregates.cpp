// Aggregations over windows against a plain reference that knows all rows: random rows and windows, cut into any
// batches and steps, with restarts between steps.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "runtime/operators/aggregate.h"
#include "tests/state/container_model.h"

namespace millrace {
namespace {

struct Row {
  int64_t key = 0, value = 0, time = 0;
  int32_t partition = 0;
};
// Bounds of a window of a key.
struct Place {
  int64_t key = 0, start = 0, end = 0;
  auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};
// What comes out: a value, or a tombstone.
struct Output {
  Place place;
  std::optional<int64_t> sum;
  int64_t time = 0;
  bool operator==(const Output&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Output& o) {
  out << o.place.key << " [" << o.place.start << "," << o.place.end << ") ";
  return (o.sum ? out << *o.sum : out << "gone") << " @" << o.time;
}

using Table = std::map<Place, int64_t>;

// Records what an aggregation emits: key, start, end, SUM(value).
class Recorder final : public Operator {
 public:
  void process(const Batch& batch, StepContext&) override {
    for (size_t row = 0; row < batch.rows; ++row) {
      auto number = [&](size_t c) { return batch.columns[c]->at<int64_t>(row); };
      const bool there = batch.kind(row) == RowKind::row;
      outputs.push_back(
          {{number(0), number(1), number(2)}, there ? std::optional(number(3)) : std::nullopt, batch.time_at(row)});
    }
  }
  Table table() const {
    Table table;
    for (const Output& output : outputs) {
      table.erase(output.place);
      if (output.sum) table[output.place] = *output.sum;
    }
    return table;
  }
  std::vector<Output> outputs;
};

const AggregateOverload& sum_overload() {
  static const AggregateRegistry registry = [] {
    AggregateRegistry all;
    register_all_aggregates(all);
    return all;
  }();
  for (const AggregateOverload& overload : registry.find("SUM")->overloads)
    if (overload.signature.text() == "(BIGINT) -> BIGINT") return overload;
  throw std::runtime_error("no SUM of BIGINT");
}

AggregateOptions options(const AggregateWindow& window, Emission emission) {
  AggregateOptions out;
  out.keys = {make_column(0, bigint_type, "KEY")};
  out.calls.push_back({&sum_overload(), {make_column(1, bigint_type, "VALUE")}, bigint_type});
  out.window = window;
  out.emission = emission;
  return out;
}

Batch batch_of(std::span<const Row> rows) {
  std::vector<int64_t> keys, values, times;
  std::vector<int32_t> partitions;
  for (const Row& row : rows) {
    keys.push_back(row.key);
    values.push_back(row.value);
    times.push_back(row.time);
    partitions.push_back(row.partition);
  }
  Batch batch;
  batch.rows = rows.size();
  batch.columns = {bigint_column(keys), bigint_column(values)};
  batch.time = bigint_column(times);
  batch.partition = integer_column(partitions);
  batch.offset = bigint_column(times);
  return batch;
}

// A running aggregation, its state topic, and what it emitted.
class Running {
 public:
  explicit Running(AggregateOptions options) : options_(std::move(options)), logs_(2) { start(); }

  void process(std::span<const Row> rows) { op_->process(batch_of(rows), step_); }
  void end_step(std::mt19937_64& random) {
    op_->end_step(step_);
    const auto containers = op_->containers();
    for (size_t i = 0; i < containers.size(); ++i)
      logs_[i].add(containers[i]->take_changes(2000, random_images(random)));
  }
  void restart() { start(); }
  size_t entries() const { return op_->containers()[0]->entries(); }
  Table look_up() const {
    Table table;
    const Batch batch = materialized_->look_up({});
    for (size_t row = 0; row < batch.rows; ++row) {
      auto number = [&](size_t c) { return batch.columns[c]->at<int64_t>(row); };
      table[{number(0), number(1), number(2)}] = number(3);
    }
    return table;
  }

  Recorder recorder;
  const RowCounters& counters() const { return step_.counters; }

 private:
  void start() {
    op_ = make_aggregate(options_, &materialized_);
    op_->set_next(&recorder);
    const auto containers = op_->containers();
    for (size_t i = 0; i < containers.size(); ++i) logs_[i].apply(*containers[i]);
  }

  AggregateOptions options_;
  std::vector<StateLog> logs_;
  std::unique_ptr<Operator> op_;
  Materialized* materialized_ = nullptr;
  StepContext step_;
};

// The reference works through the rows one by one; windows are lists of their rows.
class Reference {
 public:
  explicit Reference(AggregateWindow window) : window_(window) {}

  void add(const Row& row) {
    int64_t& now = now_.try_emplace(row.partition, INT64_MIN).first->second;
    now = std::max(now, row.time);
    for (auto& [place, rows] : open_)
      if (rows.partition == row.partition && closed(place, now) && !rows.closed) {
        rows.closed = true;
        finals.push_back(output(place));
      }
    window_.kind == WindowKind::session ? add_to_session(row, now) : add_to_windows(row, now);
  }
  Table table() const {
    Table table;
    for (const auto& [place, rows] : open_) table[place] = rows.sum;
    return table;
  }
  // Those that can be looked up.
  Table kept() const {
    Table table;
    for (const auto& [place, rows] : open_) {
      const int64_t now = now_.at(rows.partition);
      const bool session = window_.kind == WindowKind::session;
      if (session ? place.end + window_.retention_ms >= now : place.start + window_.retention_ms > now)
        table[place] = rows.sum;
    }
    return table;
  }

  std::vector<Output> updates;  // each as it comes
  std::vector<Output> finals;   // when their time comes, in no order among those of one row
  int64_t late = 0;

 private:
  struct Rows {
    int64_t sum = 0, newest = INT64_MIN;
    int32_t partition = 0;
    bool closed = false;
  };

  bool closed(const Place& place, int64_t now) const {
    return window_.kind == WindowKind::session ? place.end + window_.size_ms + window_.grace_ms < now
                                               : place.end + window_.grace_ms <= now;
  }
  Output output(const Place& place) const {
    const Rows& rows = open_.at(place);
    return {place, rows.sum, window_.kind == WindowKind::session ? place.end : rows.newest};
  }

  void add_to_windows(const Row& row, int64_t now) {
    bool taken = false;
    for (int64_t start = 0; start <= row.time; start += window_.advance_ms) {
      const Place place{row.key, start, start + window_.size_ms};
      if (row.time >= place.end || closed(place, now)) continue;
      Rows& rows = open_[place];
      rows.sum += row.value;
      rows.newest = std::max(rows.newest, row.time);
      rows.partition = row.partition;
      updates.push_back(output(place));
      taken = true;
    }
    if (!taken) ++late;
  }

  void add_to_session(const Row& row, int64_t now) {
    Place merged{row.key, row.time, row.time};
    std::vector<Place> met;
    for (const auto& [place, rows] : open_)
      if (place.key == row.key && !rows.closed && place.end >= row.time - window_.size_ms &&
          place.start <= row.time + window_.size_ms)
        met.push_back(place);
    for (const Place& place : met) {
      merged.start = std::min(merged.start, place.start);
      merged.end = std::max(merged.end, place.end);
    }
    if (closed(merged, now)) {
      ++late;
      return;
    }
    Rows rows;
    rows.partition = row.partition;
    rows.sum = row.value;
    const bool same = merged.start == row.time && merged.end == row.time;
    for (const Place& place : met) {
      rows.sum += open_.at(place).sum;
      if (!same) updates.push_back({place, std::nullopt, place.end});
      open_.erase(place);
    }
    open_[merged] = rows;
    updates.push_back(output(merged));
  }

  AggregateWindow window_;
  std::map<Place, Rows> open_;
  std::map<int32_t, int64_t> now_;
};

AggregateWindow random_window(WindowKind kind, std::mt19937_64& random) {
  AggregateWindow window;
  window.kind = kind;
  window.size_ms = window.advance_ms = 1 + static_cast<int64_t>(random() % 40);
  if (kind == WindowKind::hopping)
    window.advance_ms = 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(window.size_ms));
  window.grace_ms = static_cast<int64_t>(random() % 30);
  window.retention_ms = window.size_ms + window.grace_ms;
  // Rows join a session for as long as it is kept: longer than open is another matter.
  if (kind != WindowKind::session && random() % 2 == 0) window.retention_ms += static_cast<int64_t>(random() % 50);
  return window;
}

std::vector<Row> random_rows(std::mt19937_64& random) {
  std::vector<Row> rows;
  int64_t time = 0;
  for (uint64_t i = 1 + random() % 60; i > 0; --i) {
    time += static_cast<int64_t>(random() % (random() % 10 == 0 ? 200 : 8));
    const auto key = static_cast<int64_t>(random() % 3);
    const int64_t back = random() % 3 == 0 ? static_cast<int64_t>(random() % 60) : 0;
    rows.push_back(
        {key, static_cast<int64_t>(random() % 100), std::max<int64_t>(0, time - back), static_cast<int32_t>(key % 2)});
  }
  return rows;
}

class WindowAggregates : public testing::TestWithParam<WindowKind> {
 protected:
  // Both sides work through the same rows; `check` compares them.
  template <class Check>
  void run(Emission emission, Check&& check) const {
    for (uint64_t seed = 1; seed <= 300; ++seed) {
      std::mt19937_64 random(seed);
      const AggregateWindow window = random_window(GetParam(), random);
      SCOPED_TRACE(testing::Message() << "seed " << seed << ": size " << window.size_ms << " advance "
                                      << window.advance_ms << " grace " << window.grace_ms << " retention "
                                      << window.retention_ms);
      const std::vector<Row> rows = random_rows(random);
      Reference reference(window);
      Running running(options(window, emission));
      for (size_t begin = 0; begin < rows.size();) {
        const size_t end = std::min(rows.size(), begin + 1 + random() % 12);
        running.process(std::span(rows).subspan(begin, end - begin));
        for (size_t i = begin; i < end; ++i) reference.add(rows[i]);
        begin = end;
        if (random() % 2 != 0 && begin < rows.size()) continue;
        running.end_step(random);
        check(reference, running);
        if (HasFailure()) return;
        if (random() % 3 == 0) running.restart();
      }
      EXPECT_EQ(running.counters().late, reference.late);
      EXPECT_EQ(running.counters().used + running.counters().late, static_cast<int64_t>(rows.size()));
      // Time passes: nothing is left but what the last rows made.
      const std::vector<Row> last{{0, 0, 1'000'000, 0}, {1, 0, 1'000'000, 1}};
      running.process(last);
      running.end_step(random);
      EXPECT_LE(running.entries(), 2 * static_cast<size_t>(window.size_ms));
      EXPECT_TRUE(std::all_of(running.recorder.outputs.begin(), running.recorder.outputs.end(),
                              [](const Output& o) { return o.place.end >= o.place.start; }));
      if (HasFailure()) return;
    }
  }
};

TEST_P(WindowAggregates, EachUpdate) {
  run(Emission::each_update, [](const Reference& reference, const Running& running) {
    EXPECT_EQ(running.recorder.outputs, reference.updates);
    EXPECT_EQ(running.look_up(), reference.kept());
  });
}

TEST_P(WindowAggregates, OncePerStep) {
  run(Emission::per_step, [](const Reference& reference, const Running& running) {
    EXPECT_EQ(running.recorder.table(), reference.table());
    EXPECT_EQ(running.look_up(), reference.kept());
  });
}

TEST_P(WindowAggregates, OnClose) {
  run(Emission::on_close, [](const Reference& reference, const Running& running) {
    auto by_place = [](std::vector<Output> outputs) {
      std::sort(outputs.begin(), outputs.end(), [](const Output& a, const Output& b) { return a.place < b.place; });
      return outputs;
    };
    EXPECT_EQ(by_place(running.recorder.outputs), by_place(reference.finals));
    EXPECT_EQ(running.look_up(), reference.kept());
  });
}

INSTANTIATE_TEST_SUITE_P(All, WindowAggregates,
                         testing::Values(WindowKind::tumbling, WindowKind::hopping, WindowKind::session),
                         [](const auto& given) { return std::string(window_kind_name(given.param)); });

}  // namespace
}  // namespace millrace
