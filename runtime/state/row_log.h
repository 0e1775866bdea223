// Ordered rows by key: the container for join sides and pattern buffers.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "runtime/state/keyed_state.h"

namespace millrace {

// Rows in the order in which they were appended; each has a time. A key's rows are found by time without a scan of the
// others, and what time has passed is freed, per logical partition, oldest first. The order survives a restart.
class RowLog final : public StateContainer {
 public:
  RowLog(std::vector<Type> keys, std::vector<Type> values);

  // One row for each selected row, in order; their numbers. `times` (BIGINT), `partitions` (INTEGER).
  std::vector<uint32_t> append(std::span<const ColumnPtr> keys, std::span<const ColumnPtr> values,
                               const ColumnPtr& times, const ColumnPtr& partitions, Selection rows, size_t batch_rows);

  // Rows of one row's key with a time in [from, to], none where from > to, by time and, of equal times, in order of
  // appending.
  std::vector<uint32_t> find(std::span<const ColumnPtr> keys, size_t row, int64_t from, int64_t to) const;
  // Calls `each` with the rows of the partition whose time is before `time`, by time and order, and frees them.
  using RowVisitor = std::function<void(std::span<const uint32_t> rows)>;
  void expire(int32_t partition, int64_t time, const RowVisitor& each);
  // A row that has been used up.
  void erase(uint32_t row);

  // Ascends in the order of appending.
  int64_t ordinal(uint32_t row) const { return table_.key(table_.key_count() - 1).at<int64_t>(row); }
  int32_t partition(uint32_t row) const { return table_.value(partition_value).at<int32_t>(row); }
  int64_t time(uint32_t row) const { return table_.value(time_value).at<int64_t>(row); }
  const StateColumn& key(size_t i) const { return table_.key(i); }
  StateColumn& value(size_t i) { return table_.value(i + own_values); }
  const StateColumn& value(size_t i) const { return table_.value(i + own_values); }
  // The row's values were changed through value().
  void touch(uint32_t row) { table_.touch(row); }
  // All rows, in order of appending.
  std::vector<uint32_t> all() const;

  std::vector<StateBlock> take_changes(size_t bytes_max, uint64_t images) override {
    return table_.take_changes(bytes_max, images);
  }
  void load(uint8_t bucket, bool image_start, std::string_view block) override;
  void clear() override;
  size_t bytes() const override;
  size_t entries() const override { return table_.entries(); }
  std::string layout() const override { return "rows of " + table_.layout(); }

 private:
  static constexpr size_t time_value = 0, partition_value = 1, own_values = 2;
  using Place = std::pair<int64_t, int64_t>;  // time, ordinal
  using Rows = std::map<Place, uint32_t>;

  uint64_t key_hash(uint32_t row) const;
  void index(uint32_t row, uint64_t hash) const;
  void unindex(uint32_t row);
  void index_loaded() const;

  KeyedState table_;  // (key, ordinal) → (time, partition, values)
  mutable bool unindexed_ = false;
  mutable int64_t next_ordinal_ = 0;
  mutable absl::flat_hash_map<uint64_t, Rows> by_key_;  // by hash of the key; find() compares the keys themselves
  mutable std::map<int32_t, Rows> by_time_;             // per logical partition
};

}  // namespace millrace
