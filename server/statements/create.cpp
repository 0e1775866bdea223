// CREATE STREAM | TABLE, CREATE … AS SELECT, INSERT INTO … SELECT: what is made, and the queries that fill it.
#include <fmt/format.h>

#include <algorithm>

#include "planner/whole_source.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

[[noreturn]] void refuse_source_replacement(const syntax::Name& name, bool table) {
  const char* kind = table ? "table" : "stream";
  refuse(ErrorCode::operation_forbidden, name.position,
         fmt::format("Cannot add {0} '{1}': CREATE OR REPLACE is not supported on source {0}s.", kind, name.text));
}

std::string kept_table_fingerprint(const Source& source) {
  const QueryPlan plan = plan_kept_table(std::make_shared<const Source>(source));
  return fingerprint(plan, state_layout(plan));
}

// A name that is taken is no mistake with IF NOT EXISTS; otherwise CREATE refuses it, unless it replaces what is there.
template <class Create>
std::optional<CommandDone> leave_existing(const Create& s, const SourceDefinition& there) {
  const char* kind = s.table ? "table" : "stream";
  if (s.if_not_exists)
    return CommandDone{fmt::format("{}/`{}`/create", kind, s.name.text),
                       fmt::format("Cannot add {} `{}`: it exists already", kind, s.name.text),
                       "",
                       -1,
                       {}};
  if (there.read_only) refuse_source_replacement(s.name, s.table);
  if (!s.or_replace)
    refuse(ErrorCode::source_exists, s.name.position,
           fmt::format("Cannot add {} '{}': A {} with the same name already exists", kind, s.name.text,
                       there.source->table ? "table" : "stream"));
  return std::nullopt;
}

}  // namespace

StatementRunner::Body StatementRunner::apply(const syntax::CreateSource& s) {
  if (s.read_only && s.or_replace) refuse_source_replacement(s.name, s.table);
  if (const SourceDefinition* there = engine_.catalog_.find(s.name.text)) {
    if (auto left = leave_existing(s, *there)) return *left;
    return replace_source(s);
  }
  const PlannedSource planned = plan_create_source(s, context());
  if (replayed_ == nullptr && engine_.catalog_.sources().size() >= engine_.options_.queries_max)
    refuse(ErrorCode::limit_exceeded, position(), "there are as many streams and tables as queries.max allows");
  const bool kept = s.read_only && s.table && !planned.source.window_size_ms;
  if (kept) check_query_limit();
  const TopicDescription& topic = planned.source.topic;
  StatementRecord said;
  said.topics[topic.name] = topic.id.value;
  said.partitions[topic.name] = topic.partitions;
  if (kept) said.fingerprint = kept_table_fingerprint(planned.source);
  const int64_t sequence = record(std::move(said));
  const std::shared_ptr<const Source> source = engine_.make_source(planned, statement_->text, sequence);
  if (kept) keep_table(source, sequence);
  return CommandDone{fmt::format("{}/`{}`/create", s.table ? "table" : "stream", s.name.text),
                     s.table ? "Table created" : "Stream created",
                     "",
                     sequence,
                     {}};
}

// From the topic's beginning on: a table is all of its rows.
void StatementRunner::keep_table(const std::shared_ptr<const Source>& source, int64_t sequence) {
  auto definition = std::make_shared<QueryDefinition>();
  definition->id = fmt::format("CST_{}_{}", source->name, sequence);
  definition->sql = statement_->text;
  definition->plan = plan_kept_table(source);
  definition->sequence = sequence;
  const TopicDescription topic = engine_.topic_now(*source);
  if (engine_.log_->describe(topic.id)) {
    definition->start = earliest_positions(*engine_.log_, topic);
  } else {
    definition->start = {Position{topic.id, 0, 0}};
  }
  definition->fits_state = replayed_ == nullptr || replayed_->fingerprint == kept_table_fingerprint(*source);
  const std::string id = definition->id;
  engine_.catalog_.find(source->name)->maker = id;
  engine_.make_query(std::move(definition));
  if (replayed_ == nullptr) engine_.queries_.at(id)->start(QueryState::running, "");
}

StatementRunner::Body StatementRunner::apply(const syntax::CreateAsSelect& s) {
  if (const SourceDefinition* there = engine_.catalog_.find(s.name.text)) {
    if (auto left = leave_existing(s, *there)) return *left;
    return replace_query(s);
  }
  return start_query(plan_create_as_select(s, context()), s.table ? "CTAS" : "CSAS");
}

StatementRunner::Body StatementRunner::apply(const syntax::InsertSelect& s) {
  return start_query(plan_insert_select(s, context()), "INSERTQUERY");
}

void StatementRunner::check_query_limit() const {
  if (replayed_ == nullptr && engine_.queries_.size() >= engine_.options_.queries_max)
    refuse(ErrorCode::limit_exceeded, position(),
           fmt::format("{} queries run already, the limit is {} (queries.max)", engine_.queries_.size(),
                       engine_.options_.queries_max));
}

// Whether what the query writes into the sink is read by it, or by one that leads to it.
bool StatementRunner::comes_back(const std::string& id, const std::string& sink) const {
  const auto reads_it = [&sink](const std::shared_ptr<RunningQuery>& query) {
    const auto& sources = query->definition().plan.sources;
    return std::any_of(sources.begin(), sources.end(), [&sink](const auto& source) { return source->name == sink; });
  };
  const auto levels = engine_.levels_to({id});
  return std::any_of(levels.begin(), levels.end(), [&reads_it](const RunningQueries& level) {
    return std::any_of(level.begin(), level.end(), reads_it);
  });
}

CommandDone StatementRunner::start_query(PlannedQuery planned, const std::string& id_kind) {
  check_query_limit();
  std::vector<Position> start = start_positions(planned.plan);
  auto definition = define_query(std::move(planned), std::move(start));
  definition->id = id_kind == "INSERTQUERY"
                       ? fmt::format("INSERTQUERY_{}", definition->sequence)
                       : fmt::format("{}_{}_{}", id_kind, definition->sink_name, definition->sequence);
  const std::string id = definition->id;
  if (id_kind != "INSERTQUERY") engine_.catalog_.find(definition->sink_name)->maker = id;
  CommandDone done = query_created(*definition);
  const std::string sink = definition->sink_name;
  engine_.make_query(std::move(definition));
  if (replayed_ != nullptr) return done;
  if (comes_back(id, sink))
    done.warnings.push_back(fmt::format(
        "the rows that {} writes into {} come back to it: unless a condition leaves them out in the end, they "
        "become more and more",
        id, sink));
  engine_.queries_.at(id)->start(QueryState::running, "");
  return done;
}

std::shared_ptr<QueryDefinition> StatementRunner::define_query(PlannedQuery planned, std::vector<Position> start) {
  auto definition = std::make_shared<QueryDefinition>();
  definition->start = std::move(start);
  const std::string print = fingerprint(planned.plan, state_layout(planned.plan));
  StatementRecord said;
  said.start = definition->start;
  said.fingerprint = print;
  for (const auto& source : planned.plan.sources) said.topics[source->topic.name] = source->topic.id.value;
  if (planned.sink) said.partitions[planned.sink->source.topic.name] = planned.sink->source.topic.partitions;
  definition->sequence = record(std::move(said));
  definition->sink_name = planned.sink_name;
  const SourceDefinition* there = engine_.catalog_.find(planned.sink_name);
  if (!planned.sink) {
    definition->sink = there->source;
  } else if (there != nullptr) {
    definition->sink = engine_.change_source(planned.sink->source, statement_->text, definition->sequence);
  } else {
    definition->sink = engine_.make_source(*planned.sink, statement_->text, definition->sequence);
  }
  definition->sql = statement_->text;
  if (const auto own = properties_.find("commit.interval.ms"); own != properties_.end())
    definition->commit_interval = std::chrono::milliseconds(std::stoll(own->second));
  definition->plan = std::move(planned.plan);
  definition->fits_state = replayed_ == nullptr || replayed_->fingerprint == print;
  return definition;
}

CommandDone StatementRunner::query_created(const QueryDefinition& definition) const {
  return CommandDone{fmt::format("{}/`{}`/create", definition.sink->table ? "table" : "stream", definition.sink_name),
                     fmt::format("Created query with ID {}", definition.id),
                     definition.id,
                     definition.sequence,
                     {}};
}

bool StatementRunner::offset_reset_said() const {
  constexpr const char* name = "auto.offset.reset";
  return session_->properties.contains(name) || engine_.system_properties_.contains(name);
}

std::vector<Position> StatementRunner::start_positions(const QueryPlan& plan) const {
  if (replayed_ != nullptr) return replayed_->start;
  std::vector<Position> positions;
  // Where nobody has said it, a table is all that it holds, and a stream what comes.
  const bool earliest = properties_.at("auto.offset.reset") == "earliest";
  const bool tables_whole = earliest || !offset_reset_said();
  for (const auto& source : plan.sources) {
    const TopicDescription topic = engine_.topic_now(*source);
    const bool whole = source->table ? tables_whole : earliest;
    const auto own = whole ? earliest_positions(*engine_.log_, topic) : latest_positions(*engine_.log_, topic);
    positions.insert(positions.end(), own.begin(), own.end());
  }
  return positions;
}

}  // namespace millrace
