// A stream with a table.
#include "runtime/operators/join_makers.h"
#include "runtime/operators/join_rows.h"

namespace millrace {

namespace {

class LookupJoin final : public Operator {
 public:
  explicit LookupJoin(JoinOptions options)
      : options_(std::move(options)),
        left_columns_(options_.left.types, options_.left.kept),
        table_(key_types(options_.right), options_.right.types, options_.right.kept),
        right_input_(*this) {}

  Operator* second_input() override { return &right_input_; }
  std::vector<StateContainer*> containers() override { return {&table_.rows()}; }

  void process(const Batch& batch, StepContext& step) override {
    const KeyedRows work = keyed_rows(batch, options_.left, true, step);
    std::vector<uint32_t> entries;
    table_.rows().find(work.keys, Selection(work.rows), batch.rows, entries);
    JoinedRows rows;
    for (size_t i = 0; i < work.rows.size(); ++i) {
      const bool found = table_.has_row(entries[i]);
      if (!found && options_.kind == JoinKind::inner) continue;
      rows.add(work.rows[i], true, found ? entries[i] : KeyedState::no_entry, batch.time_at(work.rows[i]));
    }
    if (rows.empty()) return;
    JoinedColumns columns{{}, {}, gather_all(work.keys, rows.causes)};
    left_columns_.gather(batch, rows.own, columns.left);
    table_.read(rows.other, columns.right);
    emit(join_batch(batch, rows, std::move(columns)), step);
  }

  void process_right(const Batch& batch, StepContext& step) {
    const KeyedRows work = keyed_rows(batch, options_.right, false, step);
    std::vector<uint32_t> entries;
    table_.rows().upsert(work.keys, Selection(work.rows), batch.rows, entries);
    const std::vector<ColumnPtr> kept = table_.columns().pick(batch);
    for (size_t i = 0; i < work.rows.size(); ++i) {
      if (batch.kind(work.rows[i]) == RowKind::row) {
        table_.assign(entries[i], batch, kept, work.rows[i]);
      } else {
        table_.remove(entries[i]);
      }
    }
    table_.erase_removed(entries);
  }

 private:
  JoinOptions options_;
  KeptColumns left_columns_;
  KeptTable table_;
  RightInput<LookupJoin> right_input_;
};

}  // namespace

std::unique_ptr<Operator> make_lookup_join(JoinOptions options) {
  return std::make_unique<LookupJoin>(std::move(options));
}

}  // namespace millrace
