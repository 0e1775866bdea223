// Table functions among the items of a SELECT.
#pragma once

#include "planner/from_clause.h"
#include "planner/select_items.h"

namespace millrace {

// The items over the root's columns. Where some call table functions, an ExplodeNode is put over the root, whose
// columns after those of FROM are the functions' elements.
std::vector<ExpressionPtr> bind_with_table_functions(const std::vector<SelectedItem>& items, FromClause& from,
                                                     const PlanContext& context);

}  // namespace millrace
