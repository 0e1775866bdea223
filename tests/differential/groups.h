// Grouping, plainly: every result is computed anew from all rows of its group.
#pragma once

#include "tests/differential/aggregates.h"
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

struct Grouping {
  GroupKey key;
  Aggregates aggregates;
};

// Of a stream's rows. `having`: only groups of an odd number of rows are there.
Results group_rows(const Grouping& how, bool having, const Events& events);
// Of a table's changes.
Results group_table(const Grouping& how, const Events& events);

struct Windowing {
  int64_t size = 1000, advance = 1000, grace = 0;
  bool final = false;

  std::string sql() const;
};
// Of a stream's rows; windows close by the time of their partition.
Results group_windows(const Grouping& how, const Windowing& windows, const Events& events);

}  // namespace millrace::differential
