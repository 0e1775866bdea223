#include "runtime/operators/stream_times.h"

namespace millrace {

ColumnPtr logical_partitions(const Batch& batch, std::span<const ColumnPtr> keys, int32_t count) {
  if (count == 0) return batch.partition;
  auto column = std::make_shared<Column>(integer_type, batch.rows);
  std::vector<uint64_t> hashes(batch.rows, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, hashes);
  for (size_t row = 0; row < hashes.size(); ++row)
    column->set(row, static_cast<int32_t>(hashes[row] % static_cast<uint64_t>(count)));
  return column;
}

}  // namespace millrace
