// Entries by key and time: the container for windows.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "runtime/state/keyed_state.h"

namespace millrace {

// A KeyedState whose last key is the slice's start, with the slices of each logical partition in order of time, so that
// what time has passed is found, emitted and freed without a scan.
//
// Within a slice the entries stand in the order of their first row, also after a restart.
class TimeSlices final : public StateContainer {
 public:
  TimeSlices(std::vector<Type> keys, std::vector<Type> values);

  // As KeyedState::upsert. `starts` (BIGINT) is the slice of each row, `partitions` (INTEGER) its logical partition.
  void upsert(std::span<const ColumnPtr> keys, const ColumnPtr& starts, const ColumnPtr& partitions, Selection rows,
              size_t batch_rows, std::vector<uint32_t>& entries, std::vector<uint32_t>* created = nullptr);

  // Calls `each` with the start and the live entries of every slice of the partition that begins before `start`, oldest
  // first, and then frees those entries.
  using SliceVisitor = std::function<void(int64_t start, std::span<const uint32_t> entries)>;
  void expire(int32_t partition, int64_t start, const SliceVisitor& each);
  // Start of the partition's oldest slice that begins at `from` or later, or int64 max.
  int64_t oldest(int32_t partition, int64_t from = INT64_MIN) const;
  // The entries that visit() would pass, without freeing them: slices that begin in [from, to).
  void visit(int32_t partition, int64_t from, int64_t to, const SliceVisitor& each) const;

  StateColumn& key(size_t i) { return table_.key(i); }
  const StateColumn& key(size_t i) const { return table_.key(i); }
  const StateColumn& start() const { return table_.key(table_.key_count() - 1); }
  const StateColumn& partition() const { return table_.value(1); }
  // The entries of one row's key in every slice, oldest first.
  std::vector<uint32_t> find(std::span<const ColumnPtr> keys, size_t row) const;
  StateColumn& value(size_t i) { return table_.value(i + own_values); }
  const StateColumn& value(size_t i) const { return table_.value(i + own_values); }
  std::vector<uint32_t> all() const { return table_.all(); }
  void touch(uint32_t entry) { table_.touch(entry); }
  bool alive(uint32_t entry) const { return table_.alive(entry); }

  std::vector<StateBlock> take_changes(size_t bytes_max, uint64_t images) override {
    return table_.take_changes(bytes_max, images);
  }
  void load(uint8_t bucket, bool image_start, std::string_view block) override;
  void clear() override;
  size_t bytes() const override;
  size_t entries() const override { return table_.entries(); }
  std::string layout() const override { return "slices of " + table_.layout(); }

 private:
  static constexpr size_t own_values = 2;  // ordinal, partition

  // Loading leaves the index to be made again, once, before its next use.
  void index_loaded() const;

  KeyedState table_;
  bool mutable unindexed_ = false;
  mutable int64_t next_ordinal_ = 0;
  mutable std::map<std::pair<int32_t, int64_t>, std::vector<uint32_t>> slices_;  // (partition, start)
};

}  // namespace millrace
