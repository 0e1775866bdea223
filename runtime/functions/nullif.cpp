#include "runtime/function_registry.h"

namespace millrace {

void register_nullif(FunctionRegistry& registry) {
  registry.add({.name = "NULLIF",
                .group = "Nulls",
                .help = "Null where both arguments are equal, otherwise the first.",
                .example = {"NULLIF('a', 'b')", "'a'"},
                .overloads = {{Signature("(T, T) -> T"), nullptr}},
                .special = [](const std::vector<ExpressionPtr>& arguments, const Type& result) {
                  ExpressionPtr same = make_comparison(ComparisonOp::equal, arguments[0], arguments[1]);
                  return make_case({std::move(same), make_null(result), arguments[0]}, result);
                }});
}

}  // namespace millrace
