#include <cmath>

#include "runtime/function_registry.h"

namespace millrace {

void register_sqrt(FunctionRegistry& registry) {
  registry.add({.name = "SQRT",
                .group = "Numeric functions",
                .help = "The square root; NaN of a negative number.",
                .example = {"SQRT(6.25E0)", "2.5E0"},
                .overloads = {{Signature("(DOUBLE) -> DOUBLE"),
                               row_kernel<double>([](Cell& cell, double value) { cell.set(std::sqrt(value)); })}}});
}

}  // namespace millrace
