#include "runtime/operators/join_rows.h"

namespace millrace {

std::vector<Type> key_types(const JoinSide& side) {
  std::vector<Type> types;
  for (const auto& key : side.keys) types.push_back(key->type());
  return types;
}

KeyedRows keyed_rows(const Batch& batch, const JoinSide& side, bool stream, StepContext& step) {
  KeyedRows out;
  RowErrors errors;
  for (const auto& key : side.keys) out.keys.push_back(key->evaluate(batch, Selection(batch.rows), errors));
  step.report(batch, errors);
  out.rows = rows_without_null(batch, out.keys);
  if (stream && batch.kinds) std::erase_if(out.rows, [&](uint32_t row) { return batch.kind(row) != RowKind::row; });
  if (side.counts) {
    step.counters.used += static_cast<int64_t>(out.rows.size());
    step.counters.filtered += static_cast<int64_t>(batch.rows - out.rows.size());
  }
  return out;
}

std::vector<ColumnPtr> gather_all(std::span<const ColumnPtr> columns, std::span<const uint32_t> rows) {
  std::vector<ColumnPtr> out;
  for (const ColumnPtr& column : columns) out.push_back(gather(column, rows));
  return out;
}

Batch join_batch(const Batch& work, const JoinedRows& rows, JoinedColumns columns) {
  Batch out;
  out.rows = rows.causes.size();
  for (auto* part : {&columns.left, &columns.right, &columns.keys})
    out.columns.insert(out.columns.end(), part->begin(), part->end());
  auto times = std::make_shared<Column>(bigint_type, out.rows);
  std::copy(rows.times.begin(), rows.times.end(), times->values<int64_t>());
  out.time = std::move(times);
  out.partition = gather(work.partition, rows.causes);
  out.offset = gather(work.offset, rows.causes);
  if (std::any_of(rows.kinds.begin(), rows.kinds.end(), [](RowKind kind) { return kind != RowKind::row; }))
    out.kinds = std::make_shared<const std::vector<RowKind>>(rows.kinds);
  return out;
}

void set_tombstone_keys(Batch& out, const JoinSide& side, size_t first, size_t first_key) {
  if (!out.kinds) return;
  for (size_t k = 0; k < side.keys.size(); ++k) {
    const int column = side.keys[k]->column_index();
    if (column < 0 || !out.columns[first + static_cast<size_t>(column)]) continue;
    ColumnPtr& target = out.columns[first + static_cast<size_t>(column)];
    auto patched = std::make_shared<Column>(target->type(), 0);
    for (size_t row = 0; row < out.rows; ++row)
      append_value(*patched, out.kind(row) == RowKind::tombstone ? *out.columns[first_key + k] : *target, row);
    target = std::move(patched);
  }
}

}  // namespace millrace
