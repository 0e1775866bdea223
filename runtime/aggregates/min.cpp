#include "runtime/aggregates/extreme.h"

namespace millrace {

void register_min(AggregateRegistry& registry) {
  registry.add({
      .name = "MIN",
      .help = "The smallest of the values that are not null.",
      .example_rows = {"3", "NULL", "1"},
      .example_result = "1",
      .overloads = extreme_overloads<std::less<>>(),
  });
}

}  // namespace millrace
