// What queries of all kinds are grouped by.
#pragma once

#include "tests/differential/query_case.h"

namespace millrace::differential {

// K INT, G STRING, H INT and V INT, which is what is aggregated.
const std::vector<ColumnSpec>& grouped_columns();
inline constexpr size_t value_column = 3;

struct GroupKey {
  std::vector<std::string> names;
  std::vector<size_t> columns;

  Values of(const Values& row) const;
  bool is_source_key() const { return columns == std::vector<size_t>{0}; }
};
GroupKey random_group_key(Random& random);

}  // namespace millrace::differential
