#include "runtime/function_registry.h"

namespace millrace {

void register_from_days(FunctionRegistry& registry) {
  registry.add({.name = "FROM_DAYS",
                .group = "Date and time",
                .help = "The DATE that is so many days after 1970-01-01.",
                .example = {"FROM_DAYS(30)", "CAST('1970-01-31' AS DATE)"},
                .overloads = {{Signature("(INT) -> DATE"),
                               row_kernel<int32_t>([](Cell& cell, int32_t days) { cell.set(days); })}}});
}

}  // namespace millrace
