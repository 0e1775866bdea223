#include "runtime/aggregates/by_offset.h"

namespace millrace {

void register_latest_by_offset(AggregateRegistry& registry) {
  registry.add({
      .name = "LATEST_BY_OFFSET",
      .help = "The last value, or with a number N the last N values as an array, in the order in which the rows came; "
              "nulls do "
              "not count unless FALSE is given at the end.",
      .example_rows = {"NULL", "3", "1", "NULL"},
      .example_result = "1",
      .overloads = by_offset_overloads<SequenceEnd::last>(),
  });
}

}  // namespace millrace
