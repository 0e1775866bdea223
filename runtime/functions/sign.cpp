#include "runtime/function_registry.h"

namespace millrace {

namespace {

template <class T>
Kernel sign() {
  return row_kernel<T>([](Cell& cell, T value) { cell.set<int32_t>(value > 0 ? 1 : value < 0 ? -1 : 0); });
}

}  // namespace

void register_sign(FunctionRegistry& registry) {
  registry.add({.name = "SIGN",
                .group = "Numeric functions",
                .help = "1, 0 or -1, as the number is above, at or below 0.",
                .example = {"SIGN(-7)", "-1"},
                .overloads = {{Signature("(INT) -> INT"), sign<int32_t>()},
                              {Signature("(BIGINT) -> INT"), sign<int64_t>()},
                              {Signature("(DECIMAL) -> INT"), sign<Decimal>()},
                              {Signature("(DOUBLE) -> INT"), sign<double>()}}});
}

}  // namespace millrace
