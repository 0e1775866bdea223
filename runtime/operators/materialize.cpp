#include "runtime/operators/materialize.h"

#include "runtime/operators/distinct_runs.h"
#include "runtime/operators/kept_rows.h"

namespace millrace {

namespace {

std::vector<Type> key_types(const MaterializeOptions& options) {
  std::vector<Type> types;
  for (size_t key : options.keys) types.push_back(options.types[key]);
  return types;
}

class Materialize final : public Operator {
 public:
  explicit Materialize(const MaterializeOptions& options)
      : keys_(options.keys), counts_(options.counts), table_(key_types(options), options.types, options.kept) {}

  void process(const Batch& batch, StepContext& step) override {
    std::vector<ColumnPtr> keys;
    for (size_t key : keys_) keys.push_back(batch.columns[key]);
    const std::vector<uint32_t> rows = rows_without_null(batch, keys);
    if (counts_) {
      step.counters.used += static_cast<int64_t>(rows.size());
      step.counters.filtered += static_cast<int64_t>(batch.rows - rows.size());
    }
    std::vector<uint32_t> entries;
    table_.rows().upsert(keys, Selection(rows), batch.rows, entries);
    const std::vector<ColumnPtr> kept = table_.columns().pick(batch);
    runs_.split(entries, [&](size_t begin, size_t end) {
      emit(changes(batch, kept, std::span(rows).subspan(begin, end - begin),
                   std::span<const uint32_t>(entries).subspan(begin, end - begin)),
           step);
    });
    table_.erase_removed(entries);
  }

  std::vector<StateContainer*> containers() override { return {&table_.rows()}; }

 private:
  // What these rows, each of another key, change; takes them over.
  Batch changes(const Batch& batch, const std::vector<ColumnPtr>& kept, std::span<const uint32_t> rows,
                std::span<const uint32_t> entries) {
    std::vector<uint32_t> old_entries, causes;
    std::vector<int64_t> new_rows;
    auto kinds = std::make_shared<std::vector<RowKind>>();
    auto add = [&](uint32_t row, uint32_t old_entry, bool is_new) {
      causes.push_back(row);
      old_entries.push_back(old_entry);
      new_rows.push_back(is_new ? static_cast<int64_t>(row) : -1);
      kinds->push_back(is_new ? RowKind::row : RowKind::old);
    };
    for (size_t i = 0; i < rows.size(); ++i) {
      if (table_.has_row(entries[i])) add(rows[i], entries[i], false);
      if (batch.kind(rows[i]) == RowKind::row) add(rows[i], KeyedState::no_entry, true);
    }
    Batch out = batch.gather(causes);
    std::vector<ColumnPtr> old_columns, new_columns;
    table_.read(old_entries, old_columns);
    table_.columns().gather(batch, new_rows, new_columns);
    for (size_t c = 0; c < out.columns.size() && c < table_.columns().width(); ++c)
      out.columns[c] = old_columns[c] ? either(*old_columns[c], *new_columns[c], *kinds) : nullptr;
    out.kinds = kinds;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (batch.kind(rows[i]) == RowKind::row) {
        table_.assign(entries[i], batch, kept, rows[i]);
      } else {
        table_.remove(entries[i]);
      }
    }
    return out;
  }

  static ColumnPtr either(const Column& old_rows, const Column& new_rows, const std::vector<RowKind>& kinds) {
    auto out = std::make_shared<Column>(old_rows.type(), 0);
    for (size_t row = 0; row < kinds.size(); ++row)
      append_value(*out, kinds[row] == RowKind::old ? old_rows : new_rows, row);
    return out;
  }

  std::vector<size_t> keys_;
  bool counts_;
  KeptTable table_;
  DistinctRuns runs_;
};

}  // namespace

std::unique_ptr<Operator> make_materialize(const MaterializeOptions& options) {
  return std::make_unique<Materialize>(options);
}

}  // namespace millrace
