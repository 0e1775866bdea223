// GROUP BY, WINDOW, HAVING and the aggregates of a SELECT.
#pragma once

#include "planner/expression_binder.h"
#include "planner/from_clause.h"
#include "planner/select_items.h"

namespace millrace {

// A SELECT with aggregates. The root's columns: the groups' keys, with a window its start and end, the calls' results.
struct GroupedQuery {
  std::unique_ptr<PlanNode> root;
  std::vector<ExpressionPtr> columns;  // the items, over the root's columns
  std::vector<ExpressionPtr> keys;     // over the root's columns, named as messages call them
  std::optional<ResultWindow> window;
  std::optional<size_t> window_start;
};

bool has_aggregate(const syntax::Expression& e, const PlanContext& context);

// Takes over the root of `from`. Throws Error with the place of the mistake.
GroupedQuery plan_grouping(const syntax::Query& query, FromClause& from, const std::vector<SelectedItem>& items,
                           const PlanContext& context);

}  // namespace millrace
