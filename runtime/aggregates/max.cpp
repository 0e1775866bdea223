#include "runtime/aggregates/extreme.h"

namespace millrace {

void register_max(AggregateRegistry& registry) {
  registry.add({
      .name = "MAX",
      .help = "The largest of the values that are not null.",
      .example_rows = {"1", "NULL", "3"},
      .example_result = "3",
      .overloads = extreme_overloads<std::greater<>>(),
  });
}

}  // namespace millrace
