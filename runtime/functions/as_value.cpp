#include <numeric>

#include "runtime/function_registry.h"

namespace millrace {

void register_as_value(FunctionRegistry& registry) {
  registry.add({.name = "AS_VALUE",
                .group = "Keys",
                .help = "The argument itself: a key column as a column of the value.",
                .example = {"AS_VALUE(1)", "1"},
                .overloads = {{Signature("(T) -> T"), [](const FunctionCall& call) {
                                 std::vector<uint32_t> rows(call.size);
                                 std::iota(rows.begin(), rows.end(), 0U);
                                 // Nobody else has the column yet.
                                 return std::const_pointer_cast<Column>(gather(call.arguments[0], rows));
                               }}}});
}

}  // namespace millrace
