// JOIN … ON …: which kind of join it is, and what its rows' key is.
#pragma once

#include "planner/from_clause.h"

namespace millrace {

// `left` joined with what `join` names. Throws Error{join_invalid} where there is no such join, with the reason.
FromClause plan_join(FromClause left, const syntax::Join& join, const PlanContext& context);

}  // namespace millrace
