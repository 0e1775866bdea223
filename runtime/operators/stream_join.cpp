// Two streams whose rows meet by key and time.
#include <map>
#include <set>
#include <tuple>

#include "runtime/operators/join_makers.h"
#include "runtime/operators/join_rows.h"
#include "runtime/operators/stream_times.h"
#include "runtime/state/row_log.h"

namespace millrace {

namespace {

// One side's rows that may still meet rows of the other one. With pads_at_close a last value says whether the row has
// met one.
class StreamSide {
 public:
  StreamSide(const JoinSide& side, bool pads, bool waits)
      : columns_(side.types, side.kept), pads_(pads), waits_(waits), rows_(key_types(side), value_types()) {}

  bool pads() const { return pads_; }
  // Whether a row without a partner comes out when it can find none any more.
  bool waits() const { return pads_ && waits_; }
  const KeptColumns& columns() const { return columns_; }
  RowLog& rows() { return rows_; }

  // The rows' numbers.
  std::vector<uint32_t> append(const Batch& batch, const KeyedRows& work, const ColumnPtr& partitions,
                               const std::vector<uint32_t>& rows, const std::vector<bool>& met) {
    std::vector<ColumnPtr> values = columns_.pick(batch);
    if (waits()) {
      auto flags = std::make_shared<Column>(boolean_type, batch.rows);
      for (const uint32_t row : rows) flags->set<uint8_t>(row, met[row] ? 1 : 0);
      values.push_back(std::move(flags));
    }
    return rows_.append(work.keys, values, batch.time, partitions, Selection(rows), batch.rows);
  }
  void read(std::span<const uint32_t> entries, std::vector<ColumnPtr>& out) const {
    columns_.read(
        entries, [this](size_t i) -> const StateColumn& { return rows_.value(i); }, out);
  }
  bool met(uint32_t row) const { return rows_.value(met_value()).at<uint8_t>(row) != 0; }
  void set_met(uint32_t row) {
    rows_.value(met_value()).at<uint8_t>(row) = 1;
    rows_.touch(row);
  }

 private:
  std::vector<Type> value_types() const {
    std::vector<Type> types = columns_.kept_types();
    if (waits()) types.push_back(boolean_type);
    return types;
  }
  size_t met_value() const { return columns_.kept_types().size(); }

  KeptColumns columns_;
  bool pads_, waits_;
  RowLog rows_;
};

class StreamJoin final : public Operator {
 public:
  explicit StreamJoin(JoinOptions options)
      : options_(std::move(options)),
        window_(*options_.window),
        left_(options_.left, pads_left(options_.kind), window_.pads_at_close),
        right_(options_.right, pads_right(options_.kind), window_.pads_at_close),
        right_input_(*this) {}

  Operator* second_input() override { return &right_input_; }
  std::vector<StateContainer*> containers() override { return {&left_.rows(), &right_.rows(), times_.container()}; }

  void process(const Batch& batch, StepContext& step) override { add(batch, true, step); }
  void process_right(const Batch& batch, StepContext& step) { add(batch, false, step); }

  void end_step(StepContext&) override {
    for (size_t p = 0; p < times_.size(); ++p) {
      const int64_t time = times_[static_cast<int32_t>(p)];
      if (time == INT64_MIN) continue;
      left_.rows().expire(static_cast<int32_t>(p), time - kept_ms(), nullptr);
      right_.rows().expire(static_cast<int32_t>(p), time - kept_ms(), nullptr);
    }
    times_.save();
  }

 private:
  struct Work {
    const Batch& batch;
    bool left;
    KeyedRows rows;
    ColumnPtr partitions;
    std::vector<uint32_t> admitted;  // to be kept
    std::vector<bool> met;           // per row of the batch
    JoinedRows joined;
  };

  // How long after a row's time the last row that it can meet may come.
  int64_t kept_ms() const { return window_.before_ms + window_.after_ms + window_.grace_ms; }
  StreamSide& side(bool left) { return left ? left_ : right_; }

  void add(const Batch& batch, bool left, StepContext& step) {
    restore_waiting();
    const JoinSide& options = left ? options_.left : options_.right;
    Work work{batch, left, keyed_rows(batch, options, true, step), nullptr, {}, std::vector<bool>(batch.rows), {}};
    work.partitions = logical_partitions(batch, work.rows.keys, options_.logical_partitions);
    for (const uint32_t row : work.rows.rows) {
      const int32_t partition = work.partitions->at<int32_t>(row);
      const int64_t time = batch.time_at(row);
      int64_t& now = times_[partition];
      now = std::max(now, time);
      if (first_closing(partition) < now) {
        settle(work, step);
        close(batch, row, partition, now, step);
      }
      meet(work, row, now);
      // What nobody can meet any more is not kept.
      if (time < now - kept_ms()) {
        if (options.counts && !work.met[row]) {
          --step.counters.used;
          ++step.counters.late;
        }
        continue;
      }
      work.admitted.push_back(row);
      if (side(left).waits() && !work.met[row])
        next_closing_[partition] = std::min(first_closing(partition), closing(time, left));
    }
    settle(work, step);
  }

  // The rows of the other side that this one meets, or it alone.
  void meet(Work& work, uint32_t row, int64_t now) {
    StreamSide& other = side(!work.left);
    const int64_t time = work.batch.time_at(row);
    const int64_t from = time - (work.left ? window_.before_ms : window_.after_ms);
    const int64_t to = time + (work.left ? window_.after_ms : window_.before_ms);
    for (const uint32_t match : other.rows().find(work.rows.keys, row, std::max(from, now - kept_ms()), to)) {
      work.met[row] = true;
      if (other.waits() && !other.met(match)) {
        other.set_met(match);
        waiting_.erase(place(match, !work.left, other.rows().partition(match)));
      }
      work.joined.add(row, true, match, std::max(time, other.rows().time(match)));
    }
    StreamSide& own = side(work.left);
    if (work.met[row] || !own.pads()) return;
    if (own.waits() && closing(time, work.left) >= now) return;
    work.met[row] = true;  // it is out, and need not wait
    work.joined.add(row, true, KeyedState::no_entry, time);
  }

  // Puts out what has been joined and keeps what has been admitted, so that it can be found.
  void settle(Work& work, StepContext& step) {
    StreamSide& own = side(work.left);
    if (!work.joined.empty()) {
      JoinedColumns columns{{}, {}, gather_all(work.rows.keys, work.joined.causes)};
      own.columns().gather(work.batch, work.joined.own, work.left ? columns.left : columns.right);
      side(!work.left).read(work.joined.other, work.left ? columns.right : columns.left);
      emit(join_batch(work.batch, work.joined, std::move(columns)), step);
      work.joined = {};
    }
    if (work.admitted.empty()) return;
    const std::vector<uint32_t> kept = own.append(work.batch, work.rows, work.partitions, work.admitted, work.met);
    if (own.waits()) {
      for (const uint32_t row : kept)
        if (!own.met(row)) waiting_.insert(place(row, work.left, own.rows().partition(row)));
    }
    work.admitted.clear();
  }

  // Rows without a partner whose time is over, oldest first; the row that moved the time is their cause.
  void close(const Batch& batch, uint32_t cause, int32_t partition, int64_t now, StepContext& step) {
    while (!waiting_.empty()) {
      const auto first = waiting_.lower_bound({partition, INT64_MIN, false, 0, 0});
      if (first == waiting_.end() || first->partition != partition || first->closing >= now) break;
      emit_padded(batch, cause, *first, step);
      side(first->left).set_met(first->row);
      waiting_.erase(first);
    }
    next_closing_.erase(partition);
  }

  struct Place {
    int32_t partition;
    int64_t closing;
    bool left;
    int64_t ordinal;
    uint32_t row;
    bool operator<(const Place& other) const {
      return std::tie(partition, closing, left, ordinal, row) <
             std::tie(other.partition, other.closing, other.left, other.ordinal, other.row);
    }
  };
  Place place(uint32_t row, bool left, int32_t partition) {
    return {partition, closing(side(left).rows().time(row), left), left, side(left).rows().ordinal(row), row};
  }

  // A row closes when stream time has passed this.
  int64_t closing(int64_t time, bool left) const {
    return time + (left ? window_.after_ms : window_.before_ms) + window_.grace_ms;
  }

  int64_t first_closing(int32_t partition) {
    const auto [at, fresh] = next_closing_.try_emplace(partition, INT64_MAX);
    if (fresh) {
      const auto first = waiting_.lower_bound({partition, INT64_MIN, false, 0, 0});
      if (first != waiting_.end() && first->partition == partition) at->second = first->closing;
    }
    return at->second;
  }

  void emit_padded(const Batch& batch, uint32_t cause, const Place& place, StepContext& step) {
    StreamSide& own = side(place.left);
    JoinedRows rows;
    rows.add(cause, false, place.row, own.rows().time(place.row));
    JoinedColumns columns;
    own.read(rows.other, place.left ? columns.left : columns.right);
    side(!place.left).columns().gather(batch, rows.own, place.left ? columns.right : columns.left);
    const std::vector<uint32_t> one{place.row};
    for (size_t k = 0; k < options_.left.keys.size(); ++k) columns.keys.push_back(own.rows().key(k).read(one));
    emit(join_batch(batch, rows, std::move(columns)), step);
  }

  void restore_waiting() {
    if (restored_) return;
    restored_ = true;
    for (const bool left : {false, true}) {
      if (!side(left).waits()) continue;
      for (const uint32_t row : side(left).rows().all())
        if (!side(left).met(row)) waiting_.insert(place(row, left, side(left).rows().partition(row)));
    }
  }

  JoinOptions options_;
  JoinWindow window_;
  StreamSide left_, right_;
  RightInput<StreamJoin> right_input_;
  StreamTimes times_;
  std::set<Place> waiting_;                  // rows that come out padded unless they meet one before they close
  std::map<int32_t, int64_t> next_closing_;  // per logical partition; absent: not known
  bool restored_ = false;
};

}  // namespace

std::unique_ptr<Operator> make_stream_join(JoinOptions options) {
  return std::make_unique<StreamJoin>(std::move(options));
}

}  // namespace millrace
