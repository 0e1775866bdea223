// WHERE, and HAVING where rows are never taken back.
#pragma once

#include "runtime/expression.h"
#include "runtime/operator.h"

namespace millrace {

struct FilterOptions {
  ExpressionPtr predicate;
  // Its rows are source rows: those that do not pass raise `filtered`.
  bool counts = true;
  // Its rows are a table's. One that does not pass becomes a tombstone: its key may have passed before. Tombstones
  // pass.
  bool table = false;
};

// Passes the rows for which the predicate is true. Of a stream, rows without a value do not pass. Of an old row and the
// new one that replaces it, each passes for itself.
std::unique_ptr<Operator> make_filter(FilterOptions options);

}  // namespace millrace
