// CREATE STREAM | TABLE, with columns or AS SELECT, and INSERT: what is made, written and fed.
#pragma once

#include "planner/context.h"
#include "planner/plan.h"

namespace millrace {

// A source that a statement makes. Its topic is there already, or is to be made as `topic_spec` says.
struct PlannedSource {
  Source source;  // id 0; topic.id 0 where it is to be made
  std::optional<TopicSpec> topic_spec;
  std::string window_type;
  bool of_query = false;   // CREATE … AS SELECT
  bool read_only = false;  // CREATE SOURCE
};

PlannedSource plan_create_source(const syntax::CreateSource& statement, const PlanContext& context);

// The source as it is with its further columns, all of them or none; id that of the source as it was.
Source plan_alter(const syntax::Alter& statement, const PlanContext& context);

// ASSERT STREAM | TABLE. Throws Error{assertion_failed} with what is otherwise.
void check_assertion(const syntax::AssertSource& statement, const PlanContext& context);

struct PlannedQuery {
  std::optional<PlannedSource> sink;  // CREATE … AS SELECT; absent: INSERT INTO an existing one
  std::string sink_name;
  QueryPlan plan;
};

PlannedQuery plan_create_as_select(const syntax::CreateAsSelect& statement, const PlanContext& context);
PlannedQuery plan_insert_select(const syntax::InsertSelect& statement, const PlanContext& context);

// One row for a stream or table, columns as in its schema; `time` where ROWTIME was given.
struct PlannedRow {
  const SourceDefinition* source = nullptr;
  std::vector<ColumnPtr> columns;
  std::optional<int64_t> time;
};
PlannedRow plan_insert_values(const syntax::InsertValues& statement, const PlanContext& context);

}  // namespace millrace
