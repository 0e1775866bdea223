// What to say of a function that there is not.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "planner/context.h"

namespace millrace {

// Functions that people know from other databases, and how the same is written here.
struct FunctionElsewhere {
  std::string_view names;   // one or several, with spaces between
  std::string_view write;   // an expression, or a WINDOW clause; empty where nothing short does it
  std::string_view remark;  // what else there is to know, or empty
};
std::span<const FunctionElsewhere> functions_elsewhere();

// What follows on "there is no function …": how it is written here, or the name that may have been meant, or nothing.
std::string function_hint(std::string_view name, const FunctionRegistry& functions,
                          const AggregateRegistry& aggregates);
// Refuses the call of such a function.
[[noreturn]] void refuse_unknown_function(const syntax::Expression& call, const PlanContext& context);
// The hint for a name that stands like a column: CURRENT_TIMESTAMP.
std::string clock_hint(std::string_view name);

}  // namespace millrace
