#include "runtime/aggregates/collect.h"

namespace millrace {

void register_collect_list(AggregateRegistry& registry) {
  registry.add({
      .name = "COLLECT_LIST",
      .help = "All values, nulls too, in the order of their rows; at most ksql.functions.collect_list.limit (10000).",
      .example_rows = {"3", "NULL", "3"},
      .example_result = "ARRAY[3, NULL, 3]",
      .overloads = {collect_overload<false>()},
      .limit = AggregateLimit{"ksql.functions.collect_list.limit", collect_limit},
  });
}

}  // namespace millrace
