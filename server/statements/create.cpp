// CREATE STREAM | TABLE, CREATE … AS SELECT, INSERT INTO … SELECT: what is made, and the queries that fill it.
#include <fmt/format.h>

#include "server/statement_runner.h"

namespace millrace {

StatementRunner::Body StatementRunner::apply(const syntax::CreateSource& s) {
  if (s.or_replace) refuse_unsupported(position(), "CREATE OR REPLACE");
  if (s.read_only) refuse_unsupported(position(), "CREATE SOURCE");
  const std::string kind = s.table ? "table" : "stream";
  const std::string command = fmt::format("{}/`{}`/create", kind, s.name.text);
  if (engine_.catalog_.find(s.name.text) != nullptr) {
    if (!s.if_not_exists)
      refuse(ErrorCode::source_exists, s.name.position,
             fmt::format("Cannot add {} '{}': A {} with the same name already exists", kind, s.name.text,
                         engine_.catalog_.find(s.name.text)->source->table ? "table" : "stream"));
    return CommandDone{command, fmt::format("Cannot add {} `{}`: it exists already", kind, s.name.text), "", -1, {}};
  }
  const PlannedSource planned = plan_create_source(s, context());
  if (engine_.catalog_.sources().size() >= engine_.options_.queries_max)
    refuse(ErrorCode::limit_exceeded, position(), "there are as many streams and tables as queries.max allows");
  const TopicDescription& topic = planned.source.topic;
  StatementRecord said;
  said.topics[topic.name] = topic.id.value;
  said.partitions[topic.name] = topic.partitions;
  const int64_t sequence = record(std::move(said));
  engine_.make_source(planned, statement_->text, sequence);
  return CommandDone{command, s.table ? "Table created" : "Stream created", "", sequence, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::CreateAsSelect& s) {
  if (s.or_replace) refuse_unsupported(position(), "CREATE OR REPLACE");
  const std::string kind = s.table ? "table" : "stream";
  if (const SourceDefinition* there = engine_.catalog_.find(s.name.text)) {
    if (!s.if_not_exists)
      refuse(ErrorCode::source_exists, s.name.position,
             fmt::format("Cannot add {} '{}': A {} with the same name already exists", kind, s.name.text,
                         there->source->table ? "table" : "stream"));
    return CommandDone{fmt::format("{}/`{}`/create", kind, s.name.text),
                       fmt::format("Cannot add {} `{}`: it exists already", kind, s.name.text),
                       "",
                       -1,
                       {}};
  }
  return start_query(plan_create_as_select(s, context()), s.table ? "CTAS" : "CSAS", kind);
}

StatementRunner::Body StatementRunner::apply(const syntax::InsertSelect& s) {
  return start_query(plan_insert_select(s, context()), "INSERTQUERY", "stream");
}

CommandDone StatementRunner::start_query(PlannedQuery planned, const std::string& id_kind, const std::string& kind) {
  if (engine_.queries_.size() >= engine_.options_.queries_max)
    refuse(ErrorCode::limit_exceeded, position(),
           fmt::format("{} queries run already, the limit is {} (queries.max)", engine_.queries_.size(),
                       engine_.options_.queries_max));
  auto definition = std::make_shared<QueryDefinition>();
  definition->start = start_positions(planned.plan);
  const std::string print = fingerprint(planned.plan, state_layout(planned.plan));
  StatementRecord said;
  said.start = definition->start;
  said.fingerprint = print;
  for (const auto& source : planned.plan.sources) said.topics[source->topic.name] = source->topic.id.value;
  if (planned.sink) said.partitions[planned.sink->source.topic.name] = planned.sink->source.topic.partitions;
  const int64_t sequence = record(std::move(said));
  definition->sink_name = planned.sink_name;
  definition->sink = planned.sink ? engine_.make_source(*planned.sink, statement_->text, sequence)
                                  : engine_.catalog_.find(planned.sink_name)->source;
  definition->id = id_kind == "INSERTQUERY" ? fmt::format("INSERTQUERY_{}", sequence)
                                            : fmt::format("{}_{}_{}", id_kind, planned.sink_name, sequence);
  definition->sql = statement_->text;
  definition->plan = std::move(planned.plan);
  definition->sequence = sequence;
  definition->fits_state = replayed_ == nullptr || replayed_->fingerprint == print;
  const std::string id = definition->id;
  if (planned.sink) engine_.catalog_.find(planned.sink_name)->maker = id;
  engine_.make_query(std::move(definition));
  if (replayed_ == nullptr) engine_.queries_.at(id)->start(QueryState::running, "");
  const std::string command = fmt::format("{}/`{}`/create", kind, planned.sink_name);
  return CommandDone{command, fmt::format("Created query with ID {}", id), id, sequence, {}};
}

std::vector<Position> StatementRunner::start_positions(const QueryPlan& plan) const {
  if (replayed_ != nullptr) return replayed_->start;
  std::vector<Position> positions;
  const bool earliest = properties_.at("auto.offset.reset") == "earliest";
  for (const auto& source : plan.sources) {
    const TopicDescription topic = engine_.topic_now(*source);
    const auto own = earliest ? earliest_positions(*engine_.log_, topic) : latest_positions(*engine_.log_, topic);
    positions.insert(positions.end(), own.begin(), own.end());
  }
  return positions;
}

}  // namespace millrace
