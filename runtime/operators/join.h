// JOIN: two inputs, rows that meet by their keys.
#pragma once

#include <optional>

#include "runtime/expression.h"
#include "runtime/operator.h"

namespace millrace {

enum class JoinKind : uint8_t { inner, left, right, full };

// Whether an unmatched row of the left (right) side comes out, padded with nulls.
inline bool pads_left(JoinKind kind) { return kind == JoinKind::left || kind == JoinKind::full; }
inline bool pads_right(JoinKind kind) { return kind == JoinKind::right || kind == JoinKind::full; }

// One input of a join.
struct JoinSide {
  std::vector<Type> types;          // of its columns
  std::vector<bool> kept;           // those that somebody after the join needs
  std::vector<ExpressionPtr> keys;  // over its columns; both sides' have the same types
  // Columns that have their value also where the row is a tombstone: the table's key.
  std::vector<size_t> key_columns;
  bool counts = true;  // its rows are source rows: they raise `used`, `filtered` and `late`
};

// Two streams: a left row and a right row of equal keys meet where
// left.time - before <= right.time <= left.time + after.
struct JoinWindow {
  int64_t before_ms = 0, after_ms = 0;
  int64_t grace_ms = 0;
  // A row without a partner comes out padded when it can find none any more; else at once, and again when one comes.
  bool pads_at_close = false;
};

enum class JoinShape : uint8_t {
  stream_stream,
  stream_table,  // each left row meets the right row that is there when it comes
  table_table,   // one row per key, on every change of either side
  foreign_key,   // one row per key of the left table, which meets the right one by an expression over its row
};

struct JoinOptions {
  JoinShape shape = JoinShape::stream_table;
  JoinKind kind = JoinKind::inner;
  JoinSide left, right;
  std::optional<JoinWindow> window;  // of two streams
  // See AggregateOptions::logical_partitions.
  int32_t logical_partitions = 0;
};

// Output: the left side's columns, the right side's, then the keys. process() takes the left rows, second_input() the
// right ones. A row whose key is null meets nobody.
std::unique_ptr<Operator> make_join(JoinOptions options);

}  // namespace millrace
