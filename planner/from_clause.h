// FROM: the sources of a query and their joins, as the root of its plan.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "planner/context.h"
#include "planner/plan.h"
#include "planner/scope.h"

namespace millrace {

// What the clauses after FROM work on. The scope's columns are those of the root's output, in order: of each source the
// schema's, then the pseudo columns.
struct FromClause {
  std::unique_ptr<PlanNode> root;
  std::vector<std::shared_ptr<const Source>> sources;  // in the order of the scans
  Scope scope;
  // One part of the rows' key.
  struct KeyPart {
    size_t value = 0;             // the column that has its value in every row
    std::vector<size_t> columns;  // columns by which a SELECT may name it, the first one that it lists is taken
    std::set<std::string> equal;  // expressions that have its value, as SQL
  };
  std::vector<KeyPart> keys;
  // Rows of one key may come from several partitions: they were joined by something else than what partitions them.
  bool scattered = false;
  std::optional<ResultWindow> window;
  std::optional<size_t> window_start;  // column; the window's end is the next

  bool table() const { return root->change != Change::append; }
  bool is_key(size_t column) const;
};

// Throws Error with the place of the mistake.
FromClause plan_from(const syntax::Query& query, const PlanContext& context);

// One source, as the pipeline's input of that number.
FromClause plan_scan(const syntax::Relation& relation, size_t input, const PlanContext& context);

// The columns of a source as an expression sees them: its schema, then the pseudo columns.
Scope source_scope(const Source& source, const syntax::Relation& relation);

// The source that a relation names; throws Error{source_unknown} with the most similar name.
const SourceDefinition& find_source(const syntax::Relation& relation, const PlanContext& context);

// Which columns of the sources the plan needs: tells its scans.
void prune_columns(PlanNode& root);

}  // namespace millrace
