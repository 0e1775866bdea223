// Entries by key: the container for aggregates, tables and whatever else is looked up by key.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "runtime/batch.h"
#include "runtime/state/container.h"
#include "runtime/state/state_column.h"

namespace millrace {

// An open-addressing table (linear probing) over entry numbers; keys and values lie in columns, so that a kernel works
// on a whole batch of entries. Entry numbers stay until the entry is erased; an erased one may be given again after the
// step's end.
class KeyedState final : public StateContainer {
 public:
  KeyedState(std::vector<Type> keys, std::vector<Type> values);

  // For each selected row its entry, made where there is none; `entries[i]` belongs to the i-th row of `rows`. All of
  // them count as touched. `created` gets the new ones in order of appearance.
  void upsert(std::span<const ColumnPtr> keys, Selection rows, size_t batch_rows, std::vector<uint32_t>& entries,
              std::vector<uint32_t>* created = nullptr);
  // For each selected row its entry, or no_entry.
  static constexpr uint32_t no_entry = ~uint32_t{0};
  void find(std::span<const ColumnPtr> keys, Selection rows, size_t batch_rows, std::vector<uint32_t>& entries) const;
  // The entry of one row's key; for a few rows, it hashes the columns up to that row.
  std::optional<uint32_t> find(std::span<const ColumnPtr> keys, size_t row) const;
  void touch(uint32_t entry);
  // The entry is gone; its values are not readable any more.
  void erase(uint32_t entry);
  bool alive(uint32_t entry) const { return flags_[entry] & flag_alive; }

  StateColumn& key(size_t i) { return keys_[i]; }
  const StateColumn& key(size_t i) const { return keys_[i]; }
  StateColumn& value(size_t i) { return values_[i]; }
  const StateColumn& value(size_t i) const { return values_[i]; }
  size_t key_count() const { return keys_.size(); }
  size_t value_count() const { return values_.size(); }
  // All live entries, ascending.
  std::vector<uint32_t> all() const;

  std::vector<StateBlock> take_changes(size_t bytes_max, uint64_t images) override;
  void load(uint8_t bucket, bool image_start, std::string_view block) override;
  void clear() override;
  size_t bytes() const override;
  size_t entries() const override { return live_; }
  std::string layout() const override;

 private:
  static constexpr uint8_t flag_alive = 1;
  static constexpr uint8_t flag_touched = 2;
  static constexpr uint32_t empty_slot = ~uint32_t{0};

  std::optional<uint32_t> find(std::span<const ColumnPtr> keys, size_t row, uint64_t hash) const;
  uint32_t insert(uint64_t hash);
  void grow();
  uint32_t new_entry(uint64_t hash);
  bool keys_equal(uint32_t entry, std::span<const ColumnPtr> keys, size_t row) const;
  void unlink(uint32_t entry);
  void free_erased();
  void write_blocks(uint8_t bucket, std::span<const uint32_t> entries, bool image, size_t bytes_max,
                    std::vector<StateBlock>& out) const;

  std::vector<StateColumn> keys_, values_;
  std::vector<uint32_t> slots_;    // entry numbers, empty_slot where free
  std::vector<uint64_t> hashes_;   // per entry
  std::vector<uint8_t> flags_;     // per entry
  std::vector<uint32_t> touched_;  // since the step began
  std::vector<uint32_t> free_;
  size_t live_ = 0;
  mutable std::vector<uint64_t> scratch_;  // hashes of the batch in work
};

}  // namespace millrace
