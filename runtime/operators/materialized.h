// What can be looked up between steps.
#pragma once

#include "runtime/operator.h"
#include "runtime/state/keyed_state.h"

namespace millrace {

// A container of rows by key.
class Materialized {
 public:
  virtual ~Materialized() = default;

  // The rows, in the layout of the operator's output, in order of key and window. `keys` absent: all; else those whose
  // key is one of its rows. Windows that start in [from, to] only.
  struct Lookup {
    std::vector<ColumnPtr> keys;
    int64_t window_from = INT64_MIN;
    int64_t window_to = INT64_MAX;
  };
  virtual Batch look_up(const Lookup& lookup) const = 0;
};

// Orders entries of a container by their key.
template <class Container>
int compare_keys(const Container& container, size_t key_count, uint32_t a, uint32_t b) {
  for (size_t k = 0; k < key_count; ++k) {
    const int order = container.key(k).compare(a, b);
    if (order != 0) return order;
  }
  return 0;
}

// The entries of a table that a look-up asks for, each once, in order of their key.
std::vector<uint32_t> entries_of(const KeyedState& table, const Materialized::Lookup& lookup);

}  // namespace millrace
