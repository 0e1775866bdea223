#include "planner/aggregate_settings.h"

#include <fmt/format.h>

#include "runtime/number_text.h"

namespace millrace {

void check_settings(const AggregateOverload& overload, const std::vector<ExpressionPtr>& arguments,
                    const syntax::Expression& call) {
  for (size_t i = arguments.size() - overload.settings; i < arguments.size(); ++i) {
    const syntax::Position& position = call.children[i]->position;
    RowErrors errors;
    std::set<size_t> columns;
    collect_columns(*arguments[i], columns);
    const ColumnPtr value = columns.empty() ? evaluate_constant(*arguments[i], errors) : nullptr;
    if (value == nullptr || !value->valid(0))
      refuse(ErrorCode::query_invalid, position,
             fmt::format("Parameter {} passed to function {} must be a literal constant, but was expression: '{}'",
                         i + 1, call.text, arguments[i]->to_string()));
    if (value->type().is(TypeKind::integer) && value->at<int32_t>(0) < 1)
      refuse(ErrorCode::query_invalid, position,
             fmt::format("{} keeps at least 1 value, here it is to keep {}", call.text, value->at<int32_t>(0)));
  }
}

int32_t aggregate_limit(const AggregateLimit& limit, const PlanContext& context) {
  const auto found = context.properties.find(limit.property);
  if (found == context.properties.end()) return limit.standard;
  int32_t value = 0;
  if (parse_integer(found->second, value) != NumberText::ok || value < 0)
    throw Error(ErrorCode::property_invalid,
                fmt::format("{} is a number of values, here it is '{}'", limit.property, found->second));
  return value;
}

}  // namespace millrace
