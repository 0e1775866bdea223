// Two tables by their keys.
#include "runtime/operators/join_makers.h"
#include "runtime/operators/join_rows.h"

namespace millrace {

namespace {

// What comes out on a change, and what does not, is that of Kafka Streams' KTable-KTable joins.
class TableJoin final : public Operator {
 public:
  explicit TableJoin(JoinOptions options)
      : options_(std::move(options)),
        left_(key_types(options_.left), options_.left.types, options_.left.kept),
        right_(key_types(options_.right), options_.right.types, options_.right.kept),
        right_input_(*this) {}

  Operator* second_input() override { return &right_input_; }
  std::vector<StateContainer*> containers() override { return {&left_.rows(), &right_.rows()}; }

  void process(const Batch& batch, StepContext& step) override { change(batch, true, step); }
  void process_right(const Batch& batch, StepContext& step) { change(batch, false, step); }

 private:
  void change(const Batch& batch, bool left, StepContext& step) {
    KeptTable& own = left ? left_ : right_;
    const KeptTable& other = left ? right_ : left_;
    const KeyedRows work = keyed_rows(batch, left ? options_.left : options_.right, false, step);
    std::vector<uint32_t> entries, others;
    own.rows().upsert(work.keys, Selection(work.rows), batch.rows, entries);
    other.rows().find(work.keys, Selection(work.rows), batch.rows, others);
    const std::vector<ColumnPtr> kept = own.columns().pick(batch);
    JoinedRows rows;
    for (size_t i = 0; i < work.rows.size(); ++i) {
      const uint32_t row = work.rows[i];
      add(rows, row, batch, left, own.has_row(entries[i]), other, others[i]);
      if (batch.kind(row) == RowKind::row) {
        own.assign(entries[i], batch, kept, row);
      } else {
        own.remove(entries[i]);
      }
    }
    if (!rows.empty()) {
      JoinedColumns columns{{}, {}, gather_all(work.keys, rows.causes)};
      own.columns().gather(batch, rows.own, left ? columns.left : columns.right);
      other.read(rows.other, left ? columns.right : columns.left);
      Batch out = join_batch(batch, rows, std::move(columns));
      const size_t width = options_.left.types.size();
      const size_t keys = width + options_.right.types.size();
      set_tombstone_keys(out, options_.left, 0, keys);
      set_tombstone_keys(out, options_.right, width, keys);
      emit(out, step);
    }
    own.erase_removed(entries);
  }

  // The result's row for one change, if any.
  void add(JoinedRows& rows, uint32_t row, const Batch& batch, bool left, bool had_row, const KeptTable& other,
           uint32_t other_entry) const {
    const bool has_row = batch.kind(row) == RowKind::row;
    const bool other_row = other.has_row(other_entry);
    const bool pads_own = left ? pads_left(options_.kind) : pads_right(options_.kind);
    const bool pads_other = left ? pads_right(options_.kind) : pads_left(options_.kind);
    if (!other_row && (!pads_own || (!has_row && !had_row))) return;
    int64_t time = batch.time_at(row);
    if (other_row) time = std::max(time, other.time(other_entry));
    const bool joined = has_row || (other_row && pads_other);
    rows.add(row, has_row || !joined, other_row ? other_entry : KeyedState::no_entry, time,
             joined ? RowKind::row : RowKind::tombstone);
  }

  JoinOptions options_;
  KeptTable left_, right_;
  RightInput<TableJoin> right_input_;
};

}  // namespace

std::unique_ptr<Operator> make_table_join(JoinOptions options) {
  return std::make_unique<TableJoin>(std::move(options));
}

}  // namespace millrace
