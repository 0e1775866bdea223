#include "runtime/function_registry.h"

namespace millrace {

void register_from_unixtime(FunctionRegistry& registry) {
  registry.add({.name = "FROM_UNIXTIME",
                .group = "Date and time",
                .help = "The TIMESTAMP that is so many milliseconds after 1970-01-01T00:00:00 UTC.",
                .example = {"FROM_UNIXTIME(1000)", "CAST('1970-01-01T00:00:01' AS TIMESTAMP)"},
                .overloads = {{Signature("(BIGINT) -> TIMESTAMP"),
                               row_kernel<int64_t>([](Cell& cell, int64_t time) { cell.set(time); })}}});
}

}  // namespace millrace
