// Entries by key and interval: the container for sessions.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <functional>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "runtime/state/keyed_state.h"

namespace millrace {

// Sessions of one key do not overlap, but that is the caller's work. A key's sessions are found without a scan of the
// others, and those that ended before some time without a scan of those that did not, per logical partition.
class Sessions final : public StateContainer {
 public:
  Sessions(std::vector<Type> keys, std::vector<Type> values);

  // Hashes of the keys of a batch, for find() and add().
  static std::vector<uint64_t> hash_keys(std::span<const ColumnPtr> keys, size_t batch_rows);

  // The sessions of this row's key of which some part lies in [from, to], by their end.
  void find(std::span<const ColumnPtr> keys, size_t row, uint64_t hash, int64_t from, int64_t to,
            std::vector<uint32_t>& found) const;
  // The sessions of this row's key, by their end.
  std::vector<uint32_t> find(std::span<const ColumnPtr> keys, size_t row) const;
  // A session [time, time] of this row's key.
  uint32_t add(std::span<const ColumnPtr> keys, size_t row, uint64_t hash, int32_t partition, int64_t time);
  // Changes a session's bounds, to further apart; touches it.
  void extend(uint32_t entry, int64_t start, int64_t end);
  // It is gone; its key and bounds are to be read until the changes are taken.
  void erase(uint32_t entry);

  int64_t start(uint32_t entry) const { return table_.value(start_value).at<int64_t>(entry); }
  int64_t end(uint32_t entry) const { return table_.value(end_value).at<int64_t>(entry); }
  int32_t partition(uint32_t entry) const { return table_.value(partition_value).at<int32_t>(entry); }
  bool alive(uint32_t entry) const { return table_.alive(entry); }
  const StateColumn& key(size_t i) const { return table_.key(i); }
  StateColumn& value(size_t i) { return table_.value(i + own_values); }
  const StateColumn& value(size_t i) const { return table_.value(i + own_values); }
  std::vector<uint32_t> all() const { return table_.all(); }

  // The partition's sessions whose end lies in [from, to), in no order.
  std::vector<uint32_t> ended(int32_t partition, int64_t from, int64_t to);
  // Frees those whose end lies before `to`.
  void expire(int32_t partition, int64_t to);

  std::vector<StateBlock> take_changes(size_t bytes_max, uint64_t images) override {
    return table_.take_changes(bytes_max, images);
  }
  void load(uint8_t bucket, bool image_start, std::string_view block) override;
  void clear() override;
  size_t bytes() const override;
  size_t entries() const override { return table_.entries(); }
  std::string layout() const override { return "sessions of " + table_.layout(); }

 private:
  static constexpr size_t start_value = 0, end_value = 1, partition_value = 2, own_values = 3;
  using Place = std::pair<int64_t, uint32_t>;  // end, entry

  size_t key_count() const { return table_.key_count() - 1; }
  void index(uint32_t entry, uint64_t hash) const;
  void index_loaded() const;

  KeyedState table_;  // (key, number) → (start, end, partition, values)
  mutable bool unindexed_ = false;
  mutable int64_t next_number_ = 0;
  mutable absl::flat_hash_map<uint64_t, std::vector<uint32_t>> by_key_;  // by hash of the key
  mutable std::vector<uint64_t> hashes_;                                 // per entry, of its key
  // Per partition. A place may be older than its session's end, never newer: it is put right when its time has come.
  mutable std::map<int32_t, std::set<Place>> by_end_;
  mutable std::vector<int64_t> placed_;  // per entry, the end in its place
};

}  // namespace millrace
