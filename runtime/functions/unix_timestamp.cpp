#include "runtime/function_registry.h"

namespace millrace {

void register_unix_timestamp(FunctionRegistry& registry) {
  registry.add({.name = "UNIX_TIMESTAMP",
                .group = "Date and time",
                .help = "The milliseconds from 1970-01-01T00:00:00 UTC to a TIMESTAMP.",
                .example = {"UNIX_TIMESTAMP(CAST('1970-01-01T00:00:01' AS TIMESTAMP))", "CAST(1000 AS BIGINT)"},
                .overloads = {{Signature("(TIMESTAMP) -> BIGINT"),
                               row_kernel<int64_t>([](Cell& cell, int64_t time) { cell.set(time); })}}});
}

}  // namespace millrace
