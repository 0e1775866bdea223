#include "tests/functions/evaluate.h"

#include "connectors/format_registry.h"
#include "connectors/json_text.h"
#include "grammar/parser.h"
#include "planner/expression_binder.h"

namespace millrace {

const FunctionRegistry& all_functions() {
  static const FunctionRegistry functions = [] {
    FunctionRegistry registry;
    register_all_functions(registry);
    return registry;
  }();
  return functions;
}

ExpressionPtr bind_text(std::string_view text) {
  static const Catalog catalog;
  static const AggregateRegistry aggregates;
  static const FormatRegistry formats;
  const PlanContext context{catalog, all_functions(), aggregates, formats, nullptr, {}};
  auto parsed = syntax::parse_expression(text);
  if (const auto* error = std::get_if<syntax::SyntaxError>(&parsed)) throw Error(ErrorCode::syntax, error->message);
  const syntax::Expression& expression = *std::get<0>(parsed);
  const Scope nothing;
  const ExpressionBinder binder(context, nothing);
  // A table function's ARRAY, before its elements become rows.
  const Function* function = all_functions().find(expression.text);
  if (expression.kind == syntax::Expression::Kind::call && function != nullptr && function->gives_rows)
    return binder.bind_function(expression, *function);
  return binder.bind(expression);
}

std::string evaluate(std::string_view text) {
  ExpressionPtr expression;
  try {
    expression = bind_text(text);
  } catch (const Error& error) {
    return "refused: " + error.message();
  }
  RowErrors errors;
  const ColumnPtr value = evaluate_constant(*expression, errors);
  if (errors.count() != 0)
    return std::string(row_error_name(errors.errors()[0].code)) + ": " + errors.errors()[0].reason;
  std::string json;
  append_json(*value, 0, json, JsonTimes::text);
  return json;
}

}  // namespace millrace
