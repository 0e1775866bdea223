// Plans over all that a source holds, which no SELECT says.
#pragma once

#include "planner/plan.h"

namespace millrace {

// Of a table that nobody makes: keeps its rows for look-ups, with the source's columns.
QueryPlan plan_kept_table(std::shared_ptr<const Source> table);

// PRINT: of a topic whose source has two key columns and two value columns, the text and what it was recognised as.
QueryPlan plan_print(std::shared_ptr<const Source> topic);

}  // namespace millrace
