#include "planner/table_functions.h"

#include "planner/expression_binder.h"

namespace millrace {

std::vector<ExpressionPtr> bind_with_table_functions(const std::vector<SelectedItem>& items, FromClause& from,
                                                     const PlanContext& context) {
  const size_t width = from.root->width;
  ExplodeNode explode;
  const ExpressionBinder arguments(context, from.scope);
  const ExpressionBinder binder(context, from.scope, [&](const syntax::Expression& e) -> ExpressionPtr {
    if (e.kind != syntax::Expression::Kind::call) return nullptr;
    const Function* function = context.functions.find(e.text);
    if (function == nullptr || !function->gives_rows) return nullptr;
    ExpressionPtr array = arguments.bind_function(e, *function);
    const Type element = array->type().element();
    std::string text = array->to_string();
    explode.options.arrays.push_back(std::move(array));
    return make_column(width + explode.options.arrays.size() - 1, element, std::move(text));
  });
  std::vector<ExpressionPtr> columns;
  for (const SelectedItem& item : items)
    columns.push_back(item.expression ? binder.bind(*item.expression)
                                      : make_column(item.column, from.scope.columns()[item.column].type,
                                                    from.scope.label(item.column)));
  if (explode.options.arrays.empty()) return columns;
  if (from.table())
    refuse(ErrorCode::query_invalid, items[0].position, "Table source is not supported with table functions");
  explode.options.counts = gives_source_rows(*from.root);
  const size_t exploded = width + explode.options.arrays.size();
  from.root = node_over(std::move(from.root), std::move(explode), Change::append, exploded);
  return columns;
}

}  // namespace millrace
