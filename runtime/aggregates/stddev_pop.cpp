#include "runtime/aggregates/deviation.h"

namespace millrace {

namespace {

double last(double count, double squares) { return std::sqrt(squares / count); }

}  // namespace

void register_stddev_pop(AggregateRegistry& registry) {
  registry.add({
      .name = "STDDEV_POP",
      .help = "The standard deviation of a whole population; of fewer than two values 0.",
      .example_rows = {"1", "NULL", "5", "3", "3"},
      .example_result = "1.4142135623730951E0",
      .overloads = deviation_overloads<last>(),
  });
}

}  // namespace millrace
