#include "runtime/function_registry.h"

namespace millrace {

void register_coalesce(FunctionRegistry& registry) {
  registry.add({
      .name = "COALESCE",
      .group = "Nulls",
      .help = "The first argument that is not null.",
      .example = {"COALESCE(NULL, 2, 3)", "2"},
      .overloads = {{Signature("(T, T...) -> T"), nullptr}},
      .special = make_coalesce,
  });
}

}  // namespace millrace
