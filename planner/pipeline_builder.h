// From a plan to operators.
#pragma once

#include "planner/plan.h"
#include "runtime/pipeline.h"

namespace millrace {

// The operators of the plan, those of its sources first, then `end`, which keeps what comes out. `readers`: of
// plan.sources, in their order; they are told which columns are needed.
PipelineParts build_pipeline(const QueryPlan& plan, const std::vector<std::shared_ptr<SourceReader>>& readers,
                             std::unique_ptr<Operator> end);

// The end of a persistent query.
std::unique_ptr<Sink> build_sink(const QueryPlan& plan, const Source& sink);

// The layout of the state that its operators keep.
std::string state_layout(const QueryPlan& plan);

// What stands between an aggregate and the table that it makes, without the state of HAVING: for look-ups. Absent where
// nothing keeps the table. The rows that `look_up` gives, filtered and projected to the table's columns.
std::optional<Batch> look_up_table(const QueryPlan& plan, const Materialized& materialized,
                                   const Materialized::Lookup& lookup);

}  // namespace millrace
