#include "runtime/expression.h"

#include "runtime/check.h"
#include "runtime/expressions/node.h"

namespace millrace {

void collect_columns(const Expression& expression, std::set<size_t>& columns) {
  if (expression.column_index() >= 0) columns.insert(static_cast<size_t>(expression.column_index()));
  for (const auto& child : expression.children()) collect_columns(*child, columns);
}

ExpressionPtr transform(const ExpressionPtr& expression,
                        const std::function<ExpressionPtr(const ExpressionPtr&)>& replace) {
  if (ExpressionPtr other = replace(expression)) return other;
  if (expression->children().empty()) return expression;
  std::vector<ExpressionPtr> children;
  for (const auto& child : expression->children()) children.push_back(transform(child, replace));
  return static_cast<const Node&>(*expression).with_children(std::move(children));
}

ExpressionPtr substitute(const ExpressionPtr& expression, const std::vector<ExpressionPtr>& columns) {
  return transform(expression, [&](const ExpressionPtr& e) -> ExpressionPtr {
    if (e->column_index() < 0) return nullptr;
    const auto& replacement = columns[static_cast<size_t>(e->column_index())];
    MILLRACE_CHECK(replacement != nullptr);
    return replacement;
  });
}

ColumnPtr evaluate_constant(const Expression& expression, RowErrors& errors) {
  Batch batch;
  batch.rows = 1;
  return expression.evaluate(batch, Selection(1), errors);
}

std::vector<uint32_t> select_rows(const Expression& predicate, const Batch& batch, Selection rows, RowErrors& errors) {
  const ColumnPtr column = predicate.evaluate(batch, rows, errors);
  std::vector<uint32_t> selected;
  selected.reserve(rows.size());
  rows.for_each([&](size_t row) {
    if (column->valid(row) && column->at<uint8_t>(row) != 0) selected.push_back(static_cast<uint32_t>(row));
  });
  return selected;
}

}  // namespace millrace
