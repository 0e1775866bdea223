#include <cmath>

#include "runtime/decimal.h"
#include "runtime/function_registry.h"

namespace millrace {

namespace {

// Keeps the scale; each argument of a call has its type.
std::shared_ptr<Column> decimal_floor(const FunctionCall& call) {
  const int precision = call.result.precision();
  const Decimal unit = power_of_ten(call.result.scale());
  return row_kernel<Decimal>([precision, unit](Cell& cell, Decimal value) {
    const Decimal rest = value % unit;
    const Decimal whole = value - rest;
    const Decimal result = rest < 0 ? whole - unit : whole;
    if (!decimal_fits(result, precision))
      return cell.fail(RowErrorCode::overflow, "FLOOR: the result has too many digits");
    cell.set(result);
  })(call);
}

template <class T>
Kernel same() {
  return row_kernel<T>([](Cell& cell, T value) { cell.set(value); });
}

}  // namespace

void register_floor(FunctionRegistry& registry) {
  registry.add({.name = "FLOOR",
                .group = "Numeric functions",
                .help = "The largest whole number that is not above the number.",
                .example = {"FLOOR(-1.5)", "-2.0"},
                .overloads = {{Signature("(INT) -> INT"), same<int32_t>()},
                              {Signature("(BIGINT) -> BIGINT"), same<int64_t>()},
                              {Signature("(DECIMAL) -> DECIMAL"), decimal_floor},
                              {Signature("(DOUBLE) -> DOUBLE"),
                               row_kernel<double>([](Cell& cell, double value) { cell.set(std::floor(value)); })}}});
}

}  // namespace millrace
