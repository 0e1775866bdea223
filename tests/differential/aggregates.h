// Random aggregate calls, computed anew from all rows of a group whenever one comes.
#pragma once

#include <functional>

#include "tests/differential/query_case.h"

namespace millrace::differential {

// A row of a group: its argument, and when it came.
struct GroupedRow {
  Value argument;
  int64_t arrival = 0;
};

struct Aggregates {
  std::string list;  // ", COUNT(*) AS N1, …", over the column V
  std::vector<std::string> names;
  std::vector<std::function<Value(const std::vector<GroupedRow>&)>> calls;

  Values compute(const std::vector<GroupedRow>& rows) const;
};

enum class AggregateUse : uint8_t {
  rows,      // any
  table,     // those that can take a row back
  sessions,  // those that do not depend on the order in which groups were merged
};
Aggregates random_aggregates(AggregateUse use, Random& random);

}  // namespace millrace::differential
