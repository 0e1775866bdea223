// SELECT: from the statement tree to a plan.
#pragma once

#include "planner/expression_binder.h"
#include "planner/plan.h"
#include "planner/select_items.h"

namespace millrace {

// Throws Error with the place of the mistake.
QueryPlan plan_query(const syntax::Query& query, QueryUse use, const PlanContext& context);

// SELECT … without EMIT: a look-up in a table that a query keeps, or a scan of a stream to its end.
struct PullPlan {
  const SourceDefinition* source = nullptr;
  Schema schema;            // of the result
  ExpressionPtr predicate;  // over the source's columns and pseudo columns; or null
  std::vector<ExpressionPtr> columns;
  std::vector<ColumnPtr> keys;  // where WHERE fixes the key: one column per key column, of one row per key
  int64_t window_from = INT64_MIN, window_to = INT64_MAX;
  std::optional<int64_t> limit;
};
PullPlan plan_pull(const syntax::Query& query, const PlanContext& context);

}  // namespace millrace
