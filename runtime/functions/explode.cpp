#include "runtime/function_registry.h"

namespace millrace {

void register_explode(FunctionRegistry& registry) {
  registry.add({.name = "EXPLODE",
                .group = "Tables",
                .help = "A row for each element of the array.",
                .example = {"EXPLODE(ARRAY[1, 2])", "ARRAY[1, 2]"},
                .overloads = {{Signature("(ARRAY<T>) -> ARRAY<T>"),
                               [](const FunctionCall& call) {
                                 std::vector<uint32_t> rows(call.size);
                                 for (uint32_t row = 0; row < call.size; ++row) rows[row] = row;
                                 // Nobody else has the column yet.
                                 return std::const_pointer_cast<Column>(gather(call.arguments[0], rows));
                               }}},
                .gives_rows = true});
}

}  // namespace millrace
