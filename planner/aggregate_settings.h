// What an aggregate call takes beside its rows: settings that must be literals, and bounds from the session.
#pragma once

#include "planner/context.h"
#include "runtime/aggregate_registry.h"
#include "runtime/expression.h"

namespace millrace {

// Throws Error where an argument that is a setting is no literal, or a number below 1.
void check_settings(const AggregateOverload& overload, const std::vector<ExpressionPtr>& arguments,
                    const syntax::Expression& call);
// The session's value, or the standard one. Throws Error{property_invalid} where it is no number.
int32_t aggregate_limit(const AggregateLimit& limit, const PlanContext& context);

}  // namespace millrace
