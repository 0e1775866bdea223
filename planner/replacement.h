// CREATE OR REPLACE: what may become of a stream, a table or a query while its records and its state stay.
#pragma once

#include "planner/source_planner.h"

namespace millrace {

// Both throw Error{replacement_invalid} at `position`.

// With all that differs. The records that are there must be rows of the planned source, too: the same topic and
// formats, the same columns in the same order, and further ones after them.
void check_replacement(const SourceDefinition& there, const PlannedSource& planned, const syntax::Position& position);
// With the first thing that differs; `name` is the query's sink. The state that is there must be the planned query's:
// expressions of the result and WHERE may differ, what reads, joins, groups and keeps rows may not.
void check_replacement(std::string_view name, const QueryPlan& there, const QueryPlan& planned,
                       const syntax::Position& position);

}  // namespace millrace
