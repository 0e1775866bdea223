#include "server/statement_runner.h"

#include <fmt/format.h>

#include <future>

#include "grammar/parser.h"
#include "planner/properties.h"
#include "planner/type_binder.h"
#include "server/listings.h"
#include "server/row_writer.h"

namespace millrace {

namespace {

constexpr std::string_view unfit_state =
    "the plan of this version does not fit the query's state; terminate it and create it anew";

[[noreturn]] void throw_syntax_error(const syntax::SyntaxError& error) {
  ErrorCode code = ErrorCode::syntax;
  if (error.kind == syntax::SyntaxError::Kind::too_large) code = ErrorCode::statement_too_large;
  if (error.kind == syntax::SyntaxError::Kind::undefined_variable) code = ErrorCode::undefined_variable;
  std::string message = error.message;
  if (!error.suggestion.empty() && message.find(error.suggestion) == std::string::npos)
    message += fmt::format(" (did you mean {}?)", error.suggestion);
  throw Error(code, message, at(error.position));
}

std::vector<syntax::Statement> parse(std::string_view sql, const Session& session, size_t bytes_max) {
  syntax::ParserLimits limits;
  limits.bytes_max = bytes_max;
  auto parsed = syntax::parse_statements(sql, limits, session.variables);
  if (const auto* error = std::get_if<syntax::SyntaxError>(&parsed)) throw_syntax_error(*error);
  return std::get<std::vector<syntax::Statement>>(std::move(parsed));
}

std::string literal_text(const syntax::Property& property) { return property.value ? property.value->text : ""; }

std::vector<std::string> source_names(const QueryPlan& plan) {
  std::vector<std::string> names;
  for (const auto& source : plan.sources) names.push_back(source->name);
  return names;
}

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void StatementRunner::run(Session& session, std::string_view sql, std::vector<StatementResult>& results,
                          std::string& statement) {
  session_ = &session;
  statement = sql.substr(0, 1000);
  const std::vector<syntax::Statement> statements = parse(sql, session, engine_.options_.statement_bytes_max);
  for (const syntax::Statement& one : statements) {
    statement = one.text;
    statement_ = &one;
    properties_ = engine_.effective(session);
    lock_ = std::unique_lock(engine_.mutex_);
    results.push_back({one.text, std::visit([this](const auto& body) { return apply(body); }, one.body)});
    lock_ = {};
  }
}

void StatementRunner::replay(const StatementRecord& record, int64_t offset) {
  Session session;
  session.properties = record.properties;
  session_ = &session;
  replayed_ = &record;
  offset_ = offset;
  const std::vector<syntax::Statement> statements = parse(record.sql, session, engine_.options_.statement_bytes_max);
  for (const syntax::Statement& one : statements) {
    statement_ = &one;
    properties_ = engine_.effective(session);
    std::visit([this](const auto& body) { apply(body); }, one.body);
  }
}

void StatementRunner::start_replayed() {
  for (const auto& [id, query] : engine_.queries_) {
    if (!query->definition().fits_state) {
      query->start(QueryState::failed, std::string(unfit_state));
    } else {
      query->start(engine_.paused_.contains(id) ? QueryState::paused : QueryState::running, "");
    }
  }
  engine_.paused_.clear();
}

// A replay plans with the partitions that there were: which rows meet, and whose time is whose, follows from them.
PlanContext StatementRunner::context() const {
  PlanContext context = engine_.context(properties_);
  if (replayed_ == nullptr) return context;
  context.topics = [now = std::move(context.topics), then = replayed_->partitions](std::string_view name) {
    auto topic = now(name);
    const auto known = then.find(std::string(name));
    if (topic && known != then.end()) topic->partitions = known->second;
    return topic;
  };
  return context;
}

int64_t StatementRunner::record(StatementRecord said) {
  if (replayed_ != nullptr) return offset_;
  said.sql = statement_->text;
  said.properties = properties_;
  return engine_.append_statement(said);
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

StatementRunner::Body StatementRunner::apply(const syntax::InsertValues& s) {
  const PlannedRow row = plan_insert_values(s, context());
  auto times = std::make_shared<Column>(bigint_type, 1);
  times->set(0, row.time.value_or(now_ms()));
  std::promise<CommitResult> promise;
  engine_.writer_->append(RowWriter(*row.source->source, *engine_.log_).encode(row.columns, times),
                          [&promise](CommitResult result) { promise.set_value(std::move(result)); });
  lock_ = {};  // other statements do not wait for this row
  const CommitResult result = promise.get_future().get();
  if (result.outcome == CommitOutcome::fenced) throw Error(ErrorCode::fenced, "another server owns the log");
  if (result.outcome != CommitOutcome::committed)
    throw Error(result.full ? ErrorCode::log_full : ErrorCode::log_failed, result.reason);
  return CommandDone{fmt::format("stream/`{}`/insert", s.target.text), "Row inserted", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Drop& s) {
  const std::string kind = s.table ? "table" : "stream";
  const std::string command = fmt::format("{}/`{}`/drop", kind, s.name.text);
  const SourceDefinition* found = engine_.catalog_.find(s.name.text);
  if (found == nullptr) {
    if (s.if_exists) return CommandDone{command, fmt::format("Source `{}` does not exist.", s.name.text), "", -1, {}};
    const std::string nearest = engine_.catalog_.nearest_source(s.name.text);
    refuse(ErrorCode::source_unknown, s.name.position,
           fmt::format("Source {} does not exist.{}", s.name.text,
                       nearest.empty() ? "" : fmt::format(" (did you mean {}?)", nearest)));
  }
  if (found->system) refuse(ErrorCode::operation_forbidden, s.name.position, s.name.text + " belongs to the server");
  if (s.cascade) refuse_unsupported(position(), "DROP … CASCADE");
  if (found->source->table != s.table)
    refuse(ErrorCode::source_kind, s.name.position,
           fmt::format("Incompatible data source type is {}, but statement was DROP {}",
                       found->source->table ? "TABLE" : "STREAM", s.table ? "TABLE" : "STREAM"));
  auto list = [](const std::set<std::string>& ids) { return fmt::format("{}", fmt::join(ids, ", ")); };
  // The query that made it goes with it; others are in the way.
  std::set<std::string> others = found->writers;
  const std::string maker = others.erase(found->maker) > 0 ? found->maker : "";
  if (!found->readers.empty() || !others.empty())
    refuse(
        ErrorCode::source_in_use, s.name.position,
        fmt::format(
            "Cannot drop {}. The following queries read from this source: [{}]. The following queries write into this "
            "source: [{}]. You need to terminate them before dropping {}",
            s.name.text, list(found->readers), list(others), s.name.text));
  const TopicDescription topic = found->source->topic;
  std::vector<Position> ends;
  if (replayed_ != nullptr) {
    ends = replayed_->start;
  } else if (s.delete_topic && engine_.log_->describe(topic.id)) {
    ends = latest_positions(*engine_.log_, topic);
  }
  StatementRecord said;
  said.start = ends;
  said.topics[topic.name] = topic.id.value;
  const int64_t sequence = record(std::move(said));
  if (!maker.empty()) engine_.end_query(maker);
  engine_.drop_source(s.name.text);
  if (s.delete_topic)
    engine_.delete_topic(replayed_ != nullptr ? TopicId{replayed_->topics.at(topic.name)} : topic.id, ends, sequence);
  return CommandDone{
      command,
      fmt::format("Source `{}` (topic: {}) was dropped.", s.name.text, s.delete_topic ? "deleted" : "kept"),
      "",
      sequence,
      {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::CreateType& s) {
  if (engine_.catalog_.types().contains(s.name.text)) {
    if (s.if_not_exists)
      return CommandDone{
          fmt::format("type/`{}`/create", s.name.text), s.name.text + " is registered already", "", -1, {}};
    refuse(ErrorCode::source_exists, s.name.position,
           fmt::format("Cannot register custom type '{}' since it is already registered", s.name.text));
  }
  Type type = bind_type(s.type, engine_.catalog_);
  const int64_t sequence = record();
  const std::string message =
      fmt::format("Registered custom type with name '{}' and SQL type {}", s.name.text, type.to_string());
  engine_.catalog_.add_type(s.name.text, std::move(type));
  return CommandDone{fmt::format("type/`{}`/create", s.name.text), message, "", sequence, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::DropType& s) {
  const std::string command = fmt::format("type/`{}`/drop", s.name.text);
  if (!engine_.catalog_.types().contains(s.name.text)) {
    if (s.if_exists) return CommandDone{command, fmt::format("Type '{}' does not exist", s.name.text), "", -1, {}};
    refuse(ErrorCode::type_unknown, s.name.position, fmt::format("Type {} does not exist.", s.name.text));
  }
  const int64_t sequence = record();
  engine_.catalog_.remove_type(s.name.text);
  return CommandDone{command, fmt::format("Dropped type '{}'", s.name.text), "", sequence, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::ControlQuery& s) {
  std::vector<std::string> ids;
  if (!s.id) {
    for (const auto& [id, query] : engine_.queries_) ids.push_back(id);
  } else if (engine_.queries_.contains(s.id->text)) {
    ids.push_back(s.id->text);
  } else {
    std::vector<std::string> known;
    for (const auto& [id, query] : engine_.queries_) known.push_back(id);
    refuse(ErrorCode::query_unknown, s.id->position,
           fmt::format("Unknown queryId: {}{}", s.id->text, did_you_mean(s.id->text, known)));
  }
  if (s.action == syntax::QueryAction::resume && s.id && !engine_.queries_.at(s.id->text)->definition().fits_state &&
      replayed_ == nullptr)
    refuse(ErrorCode::operation_forbidden, s.id->position,
           fmt::format("{} cannot be resumed: {}", s.id->text, unfit_state));
  const int64_t sequence = record();
  std::string done;
  for (const std::string& id : ids) {
    const auto query = engine_.queries_.at(id);
    switch (s.action) {
      case syntax::QueryAction::terminate:
        engine_.end_query(id);
        done = "Query terminated.";
        break;
      case syntax::QueryAction::pause:
        if (replayed_ != nullptr) engine_.paused_.insert(id);
        if (replayed_ == nullptr) query->pause();
        done = "Query paused.";
        break;
      case syntax::QueryAction::resume:
        engine_.paused_.erase(id);
        if (replayed_ == nullptr && query->definition().fits_state) query->resume();
        done = "Query resumed.";
        break;
    }
  }
  const std::string action = s.action == syntax::QueryAction::terminate ? "terminate"
                             : s.action == syntax::QueryAction::pause   ? "pause"
                                                                        : "resume";
  return CommandDone{fmt::format("query/{}/{}", s.id ? s.id->text : "ALL", action),
                     done.empty() ? "There are no queries." : done,
                     "",
                     sequence,
                     {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Show& s) {
  const Listings listings{engine_.catalog_, *engine_.log_, engine_.functions_, engine_.aggregates_, engine_.queries_};
  switch (s.what) {
    case syntax::Showable::streams:
      return listings.sources(false);
    case syntax::Showable::tables:
      return listings.sources(true);
    case syntax::Showable::topics:
      return listings.topics(s.all);
    case syntax::Showable::queries:
      return listings.queries();
    case syntax::Showable::types:
      return listings.types();
    case syntax::Showable::functions:
      return listings.functions();
    case syntax::Showable::properties:
      return listings.properties(properties_, session_->properties);
    case syntax::Showable::variables: {
      VariableListing out;
      for (const auto& [name, value] : session_->variables) out.rows.emplace_back(name, value);
      return out;
    }
  }
  refuse_unsupported(position(), "this SHOW");
}

StatementRunner::Body StatementRunner::apply(const syntax::Describe& s) {
  const Listings listings{engine_.catalog_, *engine_.log_, engine_.functions_, engine_.aggregates_, engine_.queries_};
  return listings.describe(s.name, s.extended);
}

StatementRunner::Body StatementRunner::apply(const syntax::DescribeFunction& s) {
  const Listings listings{engine_.catalog_, *engine_.log_, engine_.functions_, engine_.aggregates_, engine_.queries_};
  return listings.describe_function(s.name);
}

StatementRunner::Body StatementRunner::apply(const syntax::Explain& s) {
  if (s.analyze) refuse_unsupported(position(), "EXPLAIN ANALYZE");
  QueryDescription out;
  if (s.id) {
    const auto found = engine_.queries_.find(s.id->text);
    if (found == engine_.queries_.end())
      refuse(ErrorCode::query_unknown, s.id->position, fmt::format("Query with id:{} does not exist", s.id->text));
    const QueryDefinition& definition = found->second->definition();
    out.query = found->second->describe();
    out.schema = definition.plan.schema;
    out.sources = source_names(definition.plan);
    out.plan = print_plan(definition.plan);
    return out;
  }
  QueryPlan plan;
  if (const auto* select = std::get_if<syntax::Select>(&s.statement->body)) {
    plan = plan_query(select->query, QueryUse::transient, context());
  } else if (const auto* create = std::get_if<syntax::CreateAsSelect>(&s.statement->body)) {
    plan = plan_create_as_select(*create, context()).plan;
  } else if (const auto* insert = std::get_if<syntax::InsertSelect>(&s.statement->body)) {
    plan = plan_insert_select(*insert, context()).plan;
  } else {
    refuse(ErrorCode::query_invalid, s.statement->position,
           "EXPLAIN takes the id of a query, a SELECT, or a statement that holds one");
  }
  out.query.sql = s.statement->text;
  out.schema = plan.schema;
  out.sources = source_names(plan);
  out.plan = print_plan(plan);
  return out;
}

StatementRunner::Body StatementRunner::apply(const syntax::SetProperty& s) {
  const std::string value = literal_text(s.property);
  const std::string name = check_session_property(s.property.name.text, value, s.property.name.position);
  session_->properties[name] = value;
  return CommandDone{"property/" + name + "/set", fmt::format("{} is {}", name, value), "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::UnsetProperty& s) {
  session_->properties.erase(s.name.text);
  return CommandDone{"property/" + s.name.text + "/unset", s.name.text + " is as the server has it", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Define& s) {
  session_->variables[s.name.text] = s.value;
  return CommandDone{"variable/" + s.name.text + "/define", s.name.text + " is defined", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Undefine& s) {
  session_->variables.erase(s.name.text);
  return CommandDone{"variable/" + s.name.text + "/undefine", s.name.text + " is undefined", "", -1, {}};
}

StatementRunner::Body StatementRunner::apply(const syntax::Select&) {
  refuse(ErrorCode::query_invalid, position(), "a SELECT gives rows: send it to /query-stream");
}

template <class Other>
StatementRunner::Body StatementRunner::apply(const Other&) {
  refuse_unsupported(position(), "this statement");
}

namespace {

// A result whose rows come through a queue; what feeds it is kept, and told when nobody wants more.
class QueueStream final : public ResultStream {
 public:
  QueueStream(std::string id, Schema schema, std::shared_ptr<TransientQuery> query)
      : id_(std::move(id)), schema_(std::move(schema)), query_(std::move(query)) {}
  QueueStream(std::string id, Schema schema, std::shared_ptr<ResultQueue> queue)
      : id_(std::move(id)), schema_(std::move(schema)), queue_(std::move(queue)) {}
  ~QueueStream() override { cancel(); }

  const std::string& query_id() const override { return id_; }
  const Schema& schema() const override { return schema_; }
  bool is_push() const override { return query_ != nullptr && query_->options().until.empty(); }
  Chunk poll() override { return queue().take(); }
  void on_ready(std::function<void()> ready) override { queue().on_ready(std::move(ready)); }
  void cancel() override { queue().end("Query closed"); }

 private:
  ResultQueue& queue() { return query_ ? query_->queue() : *queue_; }

  std::string id_;
  Schema schema_;
  std::shared_ptr<TransientQuery> query_;
  std::shared_ptr<ResultQueue> queue_;
};

// The rows of a table as a look-up's expressions see them: the schema's columns, then the pseudo columns.
Batch as_source_rows(const Batch& table, const Source& source) {
  Batch rows = table;
  const size_t width = source.schema.size();
  std::vector<ColumnPtr> bounds(2);
  if (source.window_size_ms) bounds = {table.columns[width], table.columns[width + 1]};
  rows.columns.resize(width);
  rows.columns.push_back(table.time);
  rows.columns.push_back(table.partition);
  rows.columns.push_back(table.offset);
  rows.columns.insert(rows.columns.end(), bounds.begin(), bounds.end());
  return rows;
}

Batch finish_pull(const PullPlan& plan, Batch rows) {
  RowErrors errors;
  std::vector<uint32_t> selected;
  if (plan.predicate) {
    selected = select_rows(*plan.predicate, rows, Selection(rows.rows), errors);
  } else {
    for (uint32_t row = 0; row < rows.rows; ++row) selected.push_back(row);
  }
  if (plan.limit && selected.size() > static_cast<size_t>(*plan.limit))
    selected.resize(static_cast<size_t>(*plan.limit));
  rows = rows.gather(selected);
  std::vector<ColumnPtr> columns;
  for (const auto& e : plan.columns) columns.push_back(e->evaluate(rows, Selection(rows.rows), errors));
  rows.columns = std::move(columns);
  return rows;
}

}  // namespace

std::unique_ptr<ResultStream> StatementRunner::open_query(Session& session, std::string_view sql) {
  session_ = &session;
  const std::vector<syntax::Statement> statements = parse(sql, session, engine_.options_.statement_bytes_max);
  if (statements.size() != 1)
    throw Error(ErrorCode::query_invalid,
                fmt::format("one SELECT is expected here, {} statements came", statements.size()));
  statement_ = &statements.front();
  const auto* select = std::get_if<syntax::Select>(&statement_->body);
  if (select == nullptr)
    refuse(ErrorCode::query_invalid, position(), "a SELECT is expected here; other statements go to /ksql");
  const std::lock_guard lock(engine_.mutex_);
  properties_ = engine_.effective(session);
  return select->query.emit == syntax::Emit::unsaid ? open_pull(select->query, context())
                                                    : open_push(select->query, context());
}

std::unique_ptr<ResultStream> StatementRunner::open_push(const syntax::Query& query, const PlanContext& context) {
  TransientOptions options;
  options.plan = plan_query(query, QueryUse::transient, context);
  const std::vector<std::shared_ptr<const Source>> sources = options.plan.sources;
  options.readers = engine_.readers_of(sources);
  options.start = start_positions(options.plan);
  if (query.emit == syntax::Emit::unsaid)
    options.until = latest_positions(*engine_.log_, engine_.topic_now(*sources[0]));
  options.bounds = {engine_.options_.step_rows, engine_.options_.step_bytes, engine_.options_.step_milliseconds};
  options.rows_max = engine_.options_.result_rows_max;
  Schema schema = options.plan.schema;
  std::shared_ptr<TransientQuery> transient;
  {
    const std::lock_guard lock(engine_.wake_mutex_);
    options.id = fmt::format("transient_{}_{}", sources[0]->name, ++engine_.next_transient_);
    const std::string id = options.id;
    transient = std::make_shared<TransientQuery>(*engine_.log_, std::move(options), *engine_.lanes_);
    std::erase_if(engine_.transients_, [](const auto& entry) { return entry.second.expired(); });
    engine_.transients_[id] = transient;
    for (const auto& source : sources) {
      auto& waiting = engine_.wake_transients_[source->topic.id.value];
      std::erase_if(waiting, [](const auto& entry) { return entry.second.expired(); });
      waiting[id] = transient;
    }
  }
  transient->start();
  return std::make_unique<QueueStream>(transient->options().id, std::move(schema), transient);
}

std::unique_ptr<ResultStream> StatementRunner::open_pull(const syntax::Query& query, const PlanContext& context) {
  PullPlan plan = plan_pull(query, context);
  const std::shared_ptr<const Source> source = plan.source->source;
  if (!source->table) {
    properties_["auto.offset.reset"] = "earliest";
    return open_push(query, context);
  }
  std::shared_ptr<RunningQuery> keeper;
  for (const std::string& id : plan.source->writers)
    if (engine_.queries_.at(id)->definition().plan.queryable) keeper = engine_.queries_.at(id);
  if (!keeper)
    refuse(
        ErrorCode::operation_forbidden, query.from.name.position,
        fmt::format("The `{}` table isn't queryable: no query keeps it. Make one with CREATE TABLE … AS SELECT …, or "
                    "watch it with EMIT CHANGES",
                    source->name));
  auto queue = std::make_shared<ResultQueue>(engine_.options_.result_rows_max);
  auto stream = std::make_unique<QueueStream>(fmt::format("pull_{}", source->name), plan.schema, queue);
  Materialized::Lookup lookup{plan.keys, plan.window_from, plan.window_to};
  const std::string keeper_id = keeper->definition().id;
  keeper->look_up(std::move(lookup), [queue, source, plan = std::move(plan), keeper_id](
                                         std::optional<Batch> table, int64_t step, const std::optional<Error>& error) {
    if (error) return queue->end("", error);
    Batch rows = finish_pull(plan, as_source_rows(*table, *source));
    if (rows.rows > 0) queue->push(std::move(rows));
    queue->end("Query Completed", std::nullopt, fmt::format("{}:{}", keeper_id, step));
  });
  return stream;
}

}  // namespace millrace
