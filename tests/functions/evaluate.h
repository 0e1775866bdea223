// Expressions as text, and what they give.
#pragma once

#include <string>
#include <string_view>

#include "planner/context.h"
#include "runtime/expression.h"

namespace millrace {

const FunctionRegistry& all_functions();
// Throws Error where the text does not parse or bind.
ExpressionPtr bind_text(std::string_view text);
// The value as JSON text; "CODE: reason" where the row fails, "refused: message" where it cannot be bound.
std::string evaluate(std::string_view text);

}  // namespace millrace
