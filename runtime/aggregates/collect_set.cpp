#include "runtime/aggregates/collect.h"

namespace millrace {

void register_collect_set(AggregateRegistry& registry) {
  registry.add({
      .name = "COLLECT_SET",
      .help = "The different values, null among them, in the order in which they first came; at most "
              "ksql.functions.collect_set.limit (10000).",
      .example_rows = {"3", "1", "NULL", "3"},
      .example_result = "ARRAY[3, 1, NULL]",
      .overloads = {collect_overload<true>()},
      .limit = AggregateLimit{"ksql.functions.collect_set.limit", collect_limit},
  });
}

}  // namespace millrace
