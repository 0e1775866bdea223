#include <cmath>

#include "runtime/function_registry.h"

namespace millrace {

namespace {

// The smallest INTEGER and BIGINT have no counterpart and stay, as in the base language.
template <class T>
Kernel absolute() {
  return row_kernel<T>([](Cell& out, T value) {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      out.set(value < 0 ? static_cast<T>(U{0} - static_cast<U>(value)) : value);
    } else {
      out.set(value < 0 ? static_cast<T>(-value) : value);
    }
  });
}

}  // namespace

void register_abs(FunctionRegistry& registry) {
  registry.add({
      .name = "ABS",
      .group = "Numeric functions",
      .help = "The value without its sign.",
      .example = {"ABS(-3)", "3"},
      .overloads = {{Signature("(INT) -> INT"), absolute<int32_t>()},
                    {Signature("(BIGINT) -> BIGINT"), absolute<int64_t>()},
                    {Signature("(DECIMAL) -> DECIMAL"), absolute<Decimal>()},
                    {Signature("(DOUBLE) -> DOUBLE"), absolute<double>()}},
  });
}

}  // namespace millrace
