#include "runtime/aggregates/deviation.h"

namespace millrace {

namespace {

double last(double count, double squares) { return squares / (count - 1); }

}  // namespace

void register_stddev_samp(AggregateRegistry& registry) {
  registry.add({
      .name = "STDDEV_SAMP",
      .help = "The variance of a sample, in spite of its name: STDDEV_SAMPLE is its square root. Of fewer than two "
              "values 0.",
      .example_rows = {"1", "NULL", "5", "3", "3"},
      .example_result = "2.6666666666666665E0",
      .overloads = deviation_overloads<last>(),
  });
}

}  // namespace millrace
