#include "runtime/operators/materialized.h"

#include <algorithm>

namespace millrace {

std::vector<uint32_t> entries_of(const KeyedState& table, const Materialized::Lookup& lookup) {
  std::vector<uint32_t> found;
  if (lookup.keys.empty()) {
    found = table.all();
  } else {
    for (size_t row = 0; row < lookup.keys[0]->size(); ++row)
      if (const auto entry = table.find(lookup.keys, row)) found.push_back(*entry);
  }
  std::sort(found.begin(), found.end(),
            [&](uint32_t a, uint32_t b) { return compare_keys(table, table.key_count(), a, b) < 0; });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace millrace
