// CREATE OR REPLACE of a stream or table that is there.
#include <fmt/format.h>

#include <future>

#include "planner/replacement.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {
constexpr std::chrono::seconds hold_time{5};
}

CommandDone StatementRunner::replace_source(const syntax::CreateSource& s) {
  const SourceDefinition& there = *engine_.catalog_.find(s.name.text);
  PlannedSource planned = plan_create_source(s, context());
  if (replayed_ == nullptr) check_replacement(there, planned, s.name.position);
  planned.source.topic = there.source->topic;
  const int64_t sequence = record();
  engine_.change_source(std::move(planned.source), statement_->text, sequence);
  return CommandDone{fmt::format("{}/`{}`/create", s.table ? "table" : "stream", s.name.text),
                     s.table ? "Table replaced" : "Stream replaced",
                     "",
                     sequence,
                     {}};
}

bool StatementRunner::hold(RunningQuery& query) const {
  query.pause();
  auto held = std::make_shared<std::promise<void>>();
  query.when_committed([held] { held->set_value(); });
  return held->get_future().wait_for(hold_time) == std::future_status::ready;
}

// The query goes on, under its id, from where its last commit left it: what is committed before the statement's record
// was computed by the former plan, the rest is by the new one.
CommandDone StatementRunner::replace_query(const syntax::CreateAsSelect& s) {
  const SourceDefinition& there = *engine_.catalog_.find(s.name.text);
  PlannedQuery planned = plan_create_as_select(s, context());
  if (replayed_ == nullptr) check_replacement(there, *planned.sink, s.name.position);
  planned.sink->source.topic = there.source->topic;
  if (there.writers.empty()) return start_query(std::move(planned), s.table ? "CTAS" : "CSAS");
  if (there.writers != std::set<std::string>{there.maker})
    refuse(ErrorCode::source_in_use, s.name.position,
           fmt::format("Cannot replace `{}`: further queries write into it: [{}]. Terminate all but {} first",
                       s.name.text, fmt::join(there.writers, ", "), there.maker));
  const std::string id = there.maker;
  const std::shared_ptr<RunningQuery> before = engine_.queries_.at(id);
  if (replayed_ == nullptr) {
    if (!before->definition().fits_state)
      refuse(ErrorCode::operation_forbidden, s.name.position,
             fmt::format("{} cannot be replaced: its state does not fit its plan; drop it and create it anew", id));
    check_replacement(s.name.text, before->definition().plan, planned.plan, s.name.position);
  }
  const QueryState state = before->describe().state;
  std::shared_ptr<QueryDefinition> definition;
  try {
    if (replayed_ == nullptr && !hold(*before))
      throw Error(ErrorCode::timeout,
                  fmt::format("the log has not taken the last step of {} within {} s; it stays as it is", id,
                              hold_time.count()));
    definition = define_query(std::move(planned), before->definition().start);
  } catch (const Error&) {
    if (state == QueryState::running) before->resume();
    throw;
  }
  definition->id = id;
  definition->fits_state = definition->fits_state && before->definition().fits_state;
  const CommandDone done = query_created(*definition);
  engine_.change_query(std::move(definition), state);
  return done;
}

}  // namespace millrace
