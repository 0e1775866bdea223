// What the joins have in common: the rows of one input in work, and rows of both put together.
#pragma once

#include "runtime/operators/distinct_runs.h"
#include "runtime/operators/join.h"
#include "runtime/operators/kept_rows.h"

namespace millrace {

std::vector<Type> key_types(const JoinSide& side);

// The rows of a batch that take part in a join.
struct KeyedRows {
  std::vector<ColumnPtr> keys;
  std::vector<uint32_t> rows;  // those whose key has no null and, of a stream, that have a value
};
// Evaluates the keys, and counts the rows where they are source rows.
KeyedRows keyed_rows(const Batch& batch, const JoinSide& side, bool stream, StepContext& step);

// The right operand of an operator with two inputs: passes on what comes.
template <class Join>
class RightInput final : public Operator {
 public:
  explicit RightInput(Join& join) : join_(join) {}
  void process(const Batch& batch, StepContext& step) override { join_.process_right(batch, step); }

 private:
  Join& join_;
};

// Rows of a result that are to come: which rows they are made of.
struct JoinedRows {
  std::vector<uint32_t> causes;  // rows of the batch in work: partition and offset
  std::vector<int64_t> own;      // rows of the batch in work, -1: none, the columns are null
  std::vector<uint32_t> other;   // entries of the other side's container, KeyedState::no_entry: none
  std::vector<int64_t> times;
  std::vector<RowKind> kinds;

  void add(uint32_t cause, bool has_own, uint32_t other_entry, int64_t time, RowKind kind = RowKind::row) {
    causes.push_back(cause);
    own.push_back(has_own ? static_cast<int64_t>(cause) : -1);
    other.push_back(other_entry);
    times.push_back(time);
    kinds.push_back(kind);
  }
  bool empty() const { return causes.empty(); }
};

// The two sides' columns of such rows, and their keys.
struct JoinedColumns {
  std::vector<ColumnPtr> left, right, keys;
};
// The batch: left columns, right columns, keys.
Batch join_batch(const Batch& work, const JoinedRows& rows, JoinedColumns columns);
std::vector<ColumnPtr> gather_all(std::span<const ColumnPtr> columns, std::span<const uint32_t> rows);

// Puts the key into the key columns of rows that are tombstones, `first` being the side's first column.
void set_tombstone_keys(Batch& out, const JoinSide& side, size_t first, size_t first_key);

}  // namespace millrace
