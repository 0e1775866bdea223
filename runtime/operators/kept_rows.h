// Rows of one input kept in a container of state: which columns, and how they become batches again.
#pragma once

#include <span>
#include <vector>

#include "runtime/batch.h"
#include "runtime/state/keyed_state.h"
#include "runtime/state/state_column.h"

namespace millrace {

// The columns of an input that are kept, in their order.
class KeptColumns {
 public:
  KeptColumns(std::vector<Type> types, std::vector<bool> kept) : types_(std::move(types)) {
    for (size_t i = 0; i < kept.size(); ++i)
      if (kept[i]) kept_.push_back(i);
  }

  std::vector<Type> kept_types() const {
    std::vector<Type> out;
    for (size_t i : kept_) out.push_back(types_[i]);
    return out;
  }
  std::vector<ColumnPtr> pick(const Batch& batch) const {
    std::vector<ColumnPtr> out;
    for (size_t i : kept_) out.push_back(batch.columns[i]);
    return out;
  }
  size_t width() const { return types_.size(); }

  // Appends the input's columns for these entries to `out`; those that are not kept are null pointers, an entry that is
  // KeyedState::no_entry gives nulls. `value(i)` is the state column of the i-th kept one.
  template <class Value>
  void read(std::span<const uint32_t> entries, Value&& value, std::vector<ColumnPtr>& out) const {
    std::vector<uint32_t> there(entries.begin(), entries.end());
    uint32_t any = KeyedState::no_entry;
    for (uint32_t entry : entries)
      if (entry != KeyedState::no_entry) any = entry;
    for (uint32_t& entry : there)
      if (entry == KeyedState::no_entry) entry = any;
    size_t next = 0;
    for (size_t i = 0; i < types_.size(); ++i) {
      if (next == kept_.size() || kept_[next] != i) {
        out.push_back(nullptr);
        continue;
      }
      if (any == KeyedState::no_entry) {
        out.push_back(Column::nulls(types_[i], entries.size()));
      } else {
        const std::shared_ptr<Column> column = value(next).read(there);
        for (size_t e = 0; e < entries.size(); ++e)
          if (entries[e] == KeyedState::no_entry) column->set_null(e);
        out.push_back(column);
      }
      ++next;
    }
  }
  // The same of the input's own rows; -1 gives nulls.
  void gather(const Batch& batch, std::span<const int64_t> rows, std::vector<ColumnPtr>& out) const;

 private:
  std::vector<Type> types_;
  std::vector<size_t> kept_;
};

// A table's newest row of each key.
class KeptTable {
 public:
  KeptTable(const std::vector<Type>& key_types, std::vector<Type> types, std::vector<bool> kept)
      : columns_(std::move(types), std::move(kept)), rows_(key_types, values(columns_)) {}

  // Whether the entry, which may be KeyedState::no_entry, holds a row. One that was removed holds none until it is
  // erased.
  bool has_row(uint32_t entry) const { return entry != KeyedState::no_entry && rows_.value(0).valid(entry); }
  int64_t time(uint32_t entry) const { return rows_.value(0).at<int64_t>(entry); }
  KeyedState& rows() { return rows_; }
  const KeyedState& rows() const { return rows_; }
  const KeptColumns& columns() const { return columns_; }

  // Takes over a row of the batch.
  void assign(uint32_t entry, const Batch& batch, const std::vector<ColumnPtr>& kept, size_t row) {
    rows_.value(0).at<int64_t>(entry) = batch.time_at(row);
    rows_.value(0).set_valid(entry, true);
    for (size_t i = 0; i < kept.size(); ++i) rows_.value(i + 1).assign(entry, *kept[i], row);
  }
  void read(std::span<const uint32_t> entries, std::vector<ColumnPtr>& out) const {
    columns_.read(
        entries, [this](size_t i) -> const StateColumn& { return rows_.value(i + 1); }, out);
  }
  void remove(uint32_t entry) {
    for (size_t i = 0; i < rows_.value_count(); ++i) rows_.value(i).reset(entry);
  }
  // At the end of a batch: those of these entries that hold no row go.
  void erase_removed(std::span<const uint32_t> entries) {
    for (const uint32_t entry : entries)
      if (rows_.alive(entry) && !has_row(entry)) rows_.erase(entry);
  }

 private:
  static std::vector<Type> values(const KeptColumns& columns) {
    std::vector<Type> types = columns.kept_types();
    types.insert(types.begin(), bigint_type);
    return types;
  }

  KeptColumns columns_;
  KeyedState rows_;  // key → (time, kept columns)
};

}  // namespace millrace
