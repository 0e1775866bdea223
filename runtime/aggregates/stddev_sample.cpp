#include "runtime/aggregates/deviation.h"

namespace millrace {

namespace {

double last(double count, double squares) { return std::sqrt(squares / (count - 1)); }

}  // namespace

void register_stddev_sample(AggregateRegistry& registry) {
  registry.add({
      .name = "STDDEV_SAMPLE",
      .help = "The standard deviation of a sample; of fewer than two values 0.",
      .example_rows = {"1", "NULL", "5", "3", "3"},
      .example_result = "1.632993161855452E0",
      .overloads = deviation_overloads<last>(),
  });
}

}  // namespace millrace
