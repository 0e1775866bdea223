#include "runtime/operators/table_store.h"

#include <algorithm>

#include "runtime/operators/distinct_runs.h"
#include "runtime/operators/kept_rows.h"

namespace millrace {

namespace {

std::vector<Type> key_types(const TableStoreOptions& options) {
  return {options.types.begin(), options.types.begin() + static_cast<std::ptrdiff_t>(options.key_count)};
}

// The key's columns lie in the table's key already.
std::vector<bool> value_columns(const TableStoreOptions& options) {
  std::vector<bool> kept(options.types.size(), true);
  std::fill_n(kept.begin(), options.key_count, false);
  return kept;
}

class TableStore final : public Operator, public Materialized {
 public:
  explicit TableStore(const TableStoreOptions& options)
      : key_count_(options.key_count), table_(key_types(options), options.types, value_columns(options)) {}

  void process(const Batch& batch, StepContext& step) override {
    const std::span<const ColumnPtr> keys = std::span(batch.columns).first(key_count_);
    const std::vector<uint32_t> rows = rows_without_null(batch, keys);
    std::vector<uint32_t> entries;
    table_.rows().upsert(keys, Selection(rows), batch.rows, entries);
    const std::vector<ColumnPtr> kept = table_.columns().pick(batch);
    for (size_t i = 0; i < rows.size(); ++i) {
      if (batch.kind(rows[i]) == RowKind::row) {
        table_.assign(entries[i], batch, kept, rows[i]);
      } else {
        table_.remove(entries[i]);
      }
    }
    table_.erase_removed(entries);
    emit(batch, step);
  }

  std::vector<StateContainer*> containers() override { return {&table_.rows()}; }

  Batch look_up(const Lookup& lookup) const override { return output(entries_of(table_.rows(), lookup)); }

 private:
  Batch output(std::span<const uint32_t> entries) const {
    Batch out;
    out.rows = entries.size();
    table_.read(entries, out.columns);
    for (size_t k = 0; k < key_count_; ++k) out.columns[k] = table_.rows().key(k).read(entries);
    out.time = table_.rows().value(0).read(entries);
    out.partition = Column::constant(integer_type, entries.size());
    out.offset = Column::constant(bigint_type, entries.size());
    return out;
  }

  size_t key_count_;
  KeptTable table_;
};

}  // namespace

std::unique_ptr<Operator> make_table_store(const TableStoreOptions& options, Materialized** materialized) {
  auto store = std::make_unique<TableStore>(options);
  if (materialized != nullptr) *materialized = store.get();
  return store;
}

}  // namespace millrace
