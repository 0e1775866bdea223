// SELECT: from the statement tree to a plan.
#pragma once

#include "planner/context.h"
#include "planner/expression_binder.h"
#include "planner/plan.h"

namespace millrace {

enum class QueryUse : uint8_t {
  persistent,  // CREATE … AS SELECT, INSERT INTO … SELECT: the result has a key
  transient,   // SELECT … EMIT CHANGES: columns as they are listed
};

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

// The source that a FROM names; throws Error{source_unknown} with the most similar name.
const SourceDefinition& find_source(const syntax::Relation& relation, const PlanContext& context);

// The columns of a source as an expression sees them: its schema, then the pseudo columns.
Scope source_scope(const Source& source, const syntax::Relation& relation);

// The columns of a SELECT without aggregates, * expanded, as a transient query lists them.
struct QueryItems {
  Schema schema;
  std::vector<ExpressionPtr> columns;
};
QueryItems bind_items(const syntax::Query& query, const Scope& scope, const Source& source,
                      const ExpressionBinder& binder, const PlanContext& context);

}  // namespace millrace
