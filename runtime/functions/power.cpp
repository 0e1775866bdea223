#include <cmath>

#include "runtime/function_registry.h"

namespace millrace {

void register_power(FunctionRegistry& registry) {
  registry.add({.name = "POWER",
                .group = "Numeric functions",
                .help = "The first number to the power of the second.",
                .example = {"POWER(2E0, 10E0)", "1024E0"},
                .overloads = {{Signature("(DOUBLE, DOUBLE) -> DOUBLE"),
                               row_kernel<double, double>([](Cell& cell, double base, double exponent) {
                                 cell.set(std::pow(base, exponent));
                               })}}});
}

}  // namespace millrace
