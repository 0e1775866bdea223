#include "runtime/function_registry.h"

namespace millrace {

void register_ifnull(FunctionRegistry& registry) {
  registry.add({
      .name = "IFNULL",
      .group = "Nulls",
      .help = "The first argument, or the second where it is null.",
      .example = {"IFNULL(NULL, 'x')", "'x'"},
      .overloads = {{Signature("(T, T) -> T"), nullptr}},
      .special = make_coalesce,
  });
}

}  // namespace millrace
