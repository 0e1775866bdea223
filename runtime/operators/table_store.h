// The rows of a table by key, for look-ups.
#pragma once

#include "runtime/operators/materialized.h"

namespace millrace {

struct TableStoreOptions {
  std::vector<Type> types;  // of the columns
  size_t key_count = 0;     // the first columns are the key
};

// Rows pass through it as they are. `materialized` is the operator itself, valid as long as it.
std::unique_ptr<Operator> make_table_store(const TableStoreOptions& options, Materialized** materialized = nullptr);

}  // namespace millrace
