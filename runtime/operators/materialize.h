// A table's rows by key, so that what a change replaces is known.
#pragma once

#include "runtime/operator.h"

namespace millrace {

struct MaterializeOptions {
  std::vector<Type> types;   // of the columns
  std::vector<size_t> keys;  // columns of the key, with a window its start too
  std::vector<bool> kept;    // columns that somebody needs, the key's among them
  bool counts = true;        // its rows are source rows: they raise `used` or `filtered`
};

// From upsert to retract: each row comes out with the one that it replaces before it, a tombstone as the row that it
// removes, or not at all where there was none. A row whose key is null has no place in a table and is left out.
std::unique_ptr<Operator> make_materialize(const MaterializeOptions& options);

}  // namespace millrace
