// HAVING over a table that changes: a row that leaves is taken back.
#pragma once

#include "runtime/expression.h"
#include "runtime/operator.h"

namespace millrace {

struct TableFilterOptions {
  ExpressionPtr predicate;
  std::vector<size_t> keys;  // columns of the key, without the window
  // With a window: the column of its start, of a session its end, and how long after that nothing of it can come.
  std::optional<size_t> window_bound;
  int64_t retention_ms = 0;
};

// Passes the rows for which the predicate is true, and a tombstone for a key that passed before and does not now.
std::unique_ptr<Operator> make_table_filter(TableFilterOptions options, const std::vector<Type>& key_types);

}  // namespace millrace
