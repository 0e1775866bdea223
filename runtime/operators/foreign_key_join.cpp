// A table with another one, whose key an expression over the first one's row names.
#include <absl/container/flat_hash_map.h>

#include "runtime/operators/join_makers.h"
#include "runtime/operators/join_rows.h"

namespace millrace {

namespace {

std::vector<Type> primary_key_types(const JoinSide& side) {
  std::vector<Type> types;
  for (size_t column : side.key_columns) types.push_back(side.types[column]);
  return types;
}

// The left side's columns, then the foreign key.
std::vector<Type> left_types(const JoinSide& side) {
  std::vector<Type> types = side.types;
  for (Type& type : key_types(side)) types.push_back(std::move(type));
  return types;
}
std::vector<bool> left_kept(const JoinSide& side) {
  std::vector<bool> kept = side.kept;
  kept.insert(kept.end(), side.keys.size(), true);
  return kept;
}

class ForeignKeyJoin final : public Operator {
 public:
  explicit ForeignKeyJoin(JoinOptions options)
      : options_(std::move(options)),
        left_(primary_key_types(options_.left), left_types(options_.left), left_kept(options_.left)),
        right_(key_types(options_.right), options_.right.types, options_.right.kept),
        right_input_(*this) {}

  Operator* second_input() override { return &right_input_; }
  std::vector<StateContainer*> containers() override { return {&left_.rows(), &right_.rows()}; }

  void process(const Batch& batch, StepContext& step) override {
    index_loaded();
    std::vector<ColumnPtr> primary;
    for (size_t column : options_.left.key_columns) primary.push_back(batch.columns[column]);
    const std::vector<uint32_t> with_key = rows_without_null(batch, primary);
    count(batch, with_key.size(), step);
    RowErrors errors;
    Batch work = batch;
    work.columns.resize(options_.left.types.size());
    std::vector<ColumnPtr> foreign;
    for (const auto& key : options_.left.keys)
      foreign.push_back(key->evaluate(batch, Selection(valued_rows(batch, with_key)), errors));
    work.columns.insert(work.columns.end(), foreign.begin(), foreign.end());
    step.report(batch, errors);

    std::vector<uint32_t> entries, others;
    left_.rows().upsert(primary, Selection(with_key), batch.rows, entries);
    right_.rows().find(foreign, Selection(with_key), batch.rows, others);
    const std::vector<ColumnPtr> kept = left_.columns().pick(work);
    JoinedRows rows;
    for (size_t i = 0; i < with_key.size(); ++i) {
      change(rows, batch, with_key[i], entries[i], foreign, others[i]);
      keep(work, kept, with_key[i], entries[i], foreign);
    }
    if (!rows.empty()) {
      JoinedColumns columns{{}, {}, gather_all(primary, rows.causes)};
      left_.columns().gather(work, rows.own, columns.left);
      columns.left.resize(options_.left.types.size());
      right_.read(rows.other, columns.right);
      emit(join_batch(batch, rows, std::move(columns)), step);
    }
    left_.erase_removed(entries);
  }

  void process_right(const Batch& batch, StepContext& step) {
    index_loaded();
    const KeyedRows work = keyed_rows(batch, options_.right, false, step);
    std::vector<uint32_t> entries;
    right_.rows().upsert(work.keys, Selection(work.rows), batch.rows, entries);
    const std::vector<ColumnPtr> kept = right_.columns().pick(batch);
    JoinedRows rows;
    for (size_t i = 0; i < work.rows.size(); ++i) {
      const uint32_t row = work.rows[i];
      const bool there = batch.kind(row) == RowKind::row;
      for (const uint32_t entry : referring(work.keys, row)) {
        const bool joined = there || pads_left(options_.kind);
        rows.add(row, there, entry, std::max(batch.time_at(row), left_.time(entry)),
                 joined ? RowKind::row : RowKind::tombstone);
      }
      if (there) {
        right_.assign(entries[i], batch, kept, row);
      } else {
        right_.remove(entries[i]);
      }
    }
    if (!rows.empty()) {
      JoinedColumns columns;
      left_.read(rows.other, columns.left);
      columns.left.resize(options_.left.types.size());
      right_.columns().gather(batch, rows.own, columns.right);
      for (size_t k = 0; k < options_.left.key_columns.size(); ++k)
        columns.keys.push_back(left_.rows().key(k).read(rows.other));
      emit(join_batch(batch, rows, std::move(columns)), step);
    }
    right_.erase_removed(entries);
  }

 private:
  void count(const Batch& batch, size_t used, StepContext& step) const {
    if (!options_.left.counts) return;
    step.counters.used += static_cast<int64_t>(used);
    step.counters.filtered += static_cast<int64_t>(batch.rows - used);
  }
  std::span<const uint32_t> valued_rows(const Batch& batch, const std::vector<uint32_t>& rows) {
    valued_.clear();
    for (const uint32_t row : rows)
      if (batch.kind(row) == RowKind::row) valued_.push_back(row);
    return valued_;
  }

  // What a left row's change makes of the result; the entry still holds what was there before.
  void change(JoinedRows& rows, const Batch& batch, uint32_t row, uint32_t entry, const std::vector<ColumnPtr>& foreign,
              uint32_t right_entry) const {
    const bool had_row = left_.has_row(entry);
    const bool has_row = batch.kind(row) == RowKind::row;
    const bool refers = has_row && not_null(foreign, row);
    const bool found = refers && right_.has_row(right_entry);
    const int64_t time = found ? std::max(batch.time_at(row), right_.time(right_entry)) : batch.time_at(row);
    if (found || (has_row && pads_left(options_.kind))) {
      rows.add(row, true, found ? right_entry : KeyedState::no_entry, time);
    } else if (had_row) {
      rows.add(row, true, KeyedState::no_entry, has_row ? time : std::max(time, referred_time(entry)),
               RowKind::tombstone);
    }
  }

  // Event time of the right row that this left one refers to.
  int64_t referred_time(uint32_t entry) const {
    const std::vector<uint32_t> one{entry};
    std::vector<ColumnPtr> keys;
    for (size_t k = 0; k < options_.left.keys.size(); ++k) keys.push_back(foreign_key(k).read(one));
    const auto found = not_null(keys, 0) ? right_.rows().find(keys, 0) : std::nullopt;
    return found && right_.has_row(*found) ? right_.time(*found) : INT64_MIN;
  }

  void keep(const Batch& work, const std::vector<ColumnPtr>& kept, uint32_t row, uint32_t entry,
            const std::vector<ColumnPtr>& foreign) {
    if (left_.has_row(entry)) std::erase(referring_[hash_entry(entry)], entry);
    if (work.kind(row) == RowKind::row) {
      left_.assign(entry, work, kept, row);
      if (not_null(foreign, row)) referring_[hash_entry(entry)].push_back(entry);
    } else {
      left_.remove(entry);
    }
  }

  static bool not_null(const std::vector<ColumnPtr>& columns, size_t row) {
    return std::all_of(columns.begin(), columns.end(), [row](const ColumnPtr& c) { return c->valid(row); });
  }

  // State column of the k-th part of the foreign key: they come last.
  const StateColumn& foreign_key(size_t k) const {
    const KeyedState& table = left_.rows();
    return table.value(table.value_count() - options_.left.keys.size() + k);
  }
  uint64_t hash_entry(uint32_t entry) const {
    uint64_t hash = 0;
    const std::vector<uint32_t> one{entry};
    for (size_t k = 0; k < options_.left.keys.size(); ++k) hash_values(*foreign_key(k).read(one), std::span(&hash, 1));
    return hash;
  }
  // Left rows whose foreign key is this right row's key, in the order of their own keys.
  std::vector<uint32_t> referring(const std::vector<ColumnPtr>& keys, uint32_t row) const {
    const std::vector<uint32_t> one{row};
    uint64_t hash = 0;
    for (const ColumnPtr& key : keys) hash_values(*gather(key, one), std::span(&hash, 1));
    const auto found = referring_.find(hash);
    if (found == referring_.end()) return {};
    std::vector<uint32_t> entries;
    for (const uint32_t entry : found->second) {
      bool same = true;
      for (size_t k = 0; k < keys.size() && same; ++k) same = foreign_key(k).equals(entry, *keys[k], row);
      if (same) entries.push_back(entry);
    }
    std::sort(entries.begin(), entries.end(), [this](uint32_t a, uint32_t b) {
      for (size_t k = 0; k < left_.rows().key_count(); ++k) {
        const int order = left_.rows().key(k).compare(a, b);
        if (order != 0) return order < 0;
      }
      return false;
    });
    return entries;
  }
  void index_loaded() {
    if (indexed_) return;
    indexed_ = true;
    for (const uint32_t entry : left_.rows().all()) {
      bool refers = true;
      for (size_t k = 0; k < options_.left.keys.size(); ++k) refers = refers && foreign_key(k).valid(entry);
      if (refers) referring_[hash_entry(entry)].push_back(entry);
    }
  }

  JoinOptions options_;
  KeptTable left_, right_;
  RightInput<ForeignKeyJoin> right_input_;
  absl::flat_hash_map<uint64_t, std::vector<uint32_t>> referring_;  // left entries by hash of their foreign key
  bool indexed_ = false;
  std::vector<uint32_t> valued_;
};

}  // namespace

std::unique_ptr<Operator> make_foreign_key_join(JoinOptions options) {
  return std::make_unique<ForeignKeyJoin>(std::move(options));
}

}  // namespace millrace
