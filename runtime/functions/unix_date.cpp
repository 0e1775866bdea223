#include "runtime/function_registry.h"

namespace millrace {

void register_unix_date(FunctionRegistry& registry) {
  registry.add({.name = "UNIX_DATE",
                .group = "Date and time",
                .help = "The days from 1970-01-01 to a DATE.",
                .example = {"UNIX_DATE(CAST('1970-01-31' AS DATE))", "30"},
                .overloads = {{Signature("(DATE) -> INT"),
                               row_kernel<int32_t>([](Cell& cell, int32_t days) { cell.set(days); })}}});
}

}  // namespace millrace
