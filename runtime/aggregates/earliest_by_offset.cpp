#include "runtime/aggregates/by_offset.h"

namespace millrace {

void register_earliest_by_offset(AggregateRegistry& registry) {
  registry.add({
      .name = "EARLIEST_BY_OFFSET",
      .help = "The first value, or with a number N the first N values as an array, in the order in which the rows "
              "came; nulls do "
              "not count unless FALSE is given at the end.",
      .example_rows = {"NULL", "3", "1", "NULL"},
      .example_result = "3",
      .overloads = by_offset_overloads<SequenceEnd::first>(),
  });
}

}  // namespace millrace
