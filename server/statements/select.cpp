// SELECT: rows of push and pull queries.
#include <fmt/format.h>

#include <chrono>
#include <future>

#include "planner/properties.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

// A result whose rows come through a queue; what feeds it is kept, and told when nobody wants more.
class QueueStream final : public ResultStream {
 public:
  explicit QueueStream(std::shared_ptr<TransientQuery> query)
      : id_(query->options().id), schema_(query->options().plan.schema), query_(std::move(query)) {
    const QueryPlan& plan = query_->options().plan;
    shape_.table = plan.change != Change::append;
    shape_.whole_key = plan.whole_key;
    shape_.windowed = plan.window_start.has_value();
    shape_.resumable = plan.source_rows && !plan.limit;
    shape_.shareable = query_->options().shareable;
  }
  QueueStream(std::string id, Schema schema, std::shared_ptr<ResultQueue> queue)
      : id_(std::move(id)), schema_(std::move(schema)), queue_(std::move(queue)) {}
  ~QueueStream() override { cancel(); }

  const std::string& query_id() const override { return id_; }
  const Schema& schema() const override { return schema_; }
  bool is_push() const override { return query_ != nullptr && query_->options().until.empty(); }
  ResultShape shape() const override { return shape_; }
  Chunk poll() override { return queue().take(); }
  void on_ready(std::function<void()> ready) override { queue().on_ready(std::move(ready)); }
  void cancel() override { queue().end("Query closed"); }

 private:
  ResultQueue& queue() { return query_ ? query_->queue() : *queue_; }

  std::string id_;
  Schema schema_;
  ResultShape shape_;
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

[[noreturn]] void throw_lost(const Source& source, const std::string& reason) {
  throw Error(
      ErrorCode::position_lost,
      fmt::format("the cursor does not lead into {} any more: {}; begin anew, without it", source.name, reason));
}

// Positions of a former result, if the source's topic still has them; partitions that it got since begin with their
// first record.
std::vector<Position> positions_from(const Log& log, const TopicDescription& topic, const Source& source,
                                     const std::vector<Position>& from) {
  if (from.size() > static_cast<size_t>(topic.partitions)) throw_lost(source, "its topic has fewer partitions");
  std::vector<Position> positions;
  for (int32_t p = 0; p < topic.partitions; ++p) {
    if (static_cast<size_t>(p) >= from.size()) {
      positions.push_back({topic.id, p, 0});
      continue;
    }
    const Position& position = from[static_cast<size_t>(p)];
    const Offsets offsets = log.offsets(topic.id, p);
    if (position.topic != topic.id) throw_lost(source, "its topic was made again");
    if (position.next < offsets.first || position.next > offsets.end)
      throw_lost(source, fmt::format("offset {} of partition {} was asked for, there is {} to {}", position.next, p,
                                     offsets.first, offsets.end));
    positions.push_back(position);
  }
  return positions;
}

// How long a look-up waits for what was committed before it, where a query is behind.
constexpr std::chrono::milliseconds pull_patience{500};

RunningQuery::Asked asked_now(const Log& log, const RunningQuery& query,
                              std::chrono::steady_clock::time_point deadline) {
  RunningQuery::Asked asked{{}, deadline};
  for (const auto& source : query.definition().plan.sources) {
    try {
      if (const auto topic = log.describe(source->topic.id))
        for (int32_t p = 0; p < topic->partitions; ++p)
          asked.ends.push_back({.topic = topic->id, .partition = p, .next = log.known_end(topic->id, p)});
    } catch (const Error&) {
      continue;  // a topic that is being dropped is not waited for
    }
  }
  return asked;
}

// The queries of each level work through what is there once those of the levels before have.
void reach_in_turn(const std::shared_ptr<const Log>& log, std::vector<RunningQueries> levels,
                   std::chrono::steady_clock::time_point deadline, std::function<void()> done) {
  if (levels.empty()) return done();
  const RunningQueries level = std::move(levels.front());
  levels.erase(levels.begin());
  const auto left = std::make_shared<std::atomic<size_t>>(level.size());
  const auto go_on =
      std::make_shared<std::function<void()>>([log, levels = std::move(levels), deadline, done = std::move(done)] {
        reach_in_turn(log, levels, deadline, done);
      });
  for (const auto& query : level)
    query->reach(asked_now(*log, *query, deadline), [left, go_on] {
      if (--*left == 0) (*go_on)();
    });
}

void append(std::vector<Position>& to, const std::vector<Position>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

syntax::Statement StatementRunner::parse_select(Session& session, std::string_view sql, bool or_print) {
  session_ = &session;
  session.properties = check_session_properties(session.properties);
  std::vector<syntax::Statement> statements = parse(sql);
  const char* expected = or_print ? "SELECT or PRINT" : "SELECT";
  if (statements.size() != 1)
    throw Error(ErrorCode::query_invalid,
                fmt::format("one {} is expected here, {} statements came", expected, statements.size()));
  const auto& body = statements.front().body;
  if (!std::holds_alternative<syntax::Select>(body) && !(or_print && std::holds_alternative<syntax::Print>(body)))
    refuse(ErrorCode::query_invalid, statements.front().position,
           fmt::format("a {} is expected here; other statements go to /ksql", expected));
  return std::move(statements.front());
}

std::unique_ptr<ResultStream> StatementRunner::open_query(Session& session, std::string_view sql) {
  const syntax::Statement statement = parse_select(session, sql, true);
  statement_ = &statement;
  account(statement);
  if (const auto* select = std::get_if<syntax::Select>(&statement.body);
      select != nullptr && select->query.emit == syntax::Emit::unsaid)
    await_writers(select->query.from.name.text);
  const std::lock_guard lock(engine_.mutex_);
  properties_ = engine_.effective(session);
  if (const auto* print = std::get_if<syntax::Print>(&statement.body)) return open_print(*print);
  const syntax::Query& query = std::get<syntax::Select>(statement.body).query;
  return query.emit == syntax::Emit::unsaid ? open_pull(query, context()) : open_push(query, context());
}

// A stream is scanned to where it ends: the queries that write it have worked through what was there by then.
void StatementRunner::await_writers(const std::string& name) const {
  std::vector<RunningQueries> levels;
  {
    const std::lock_guard lock(engine_.mutex_);
    const SourceDefinition* definition = engine_.catalog_.find(name);
    if (definition == nullptr || definition->source->table) return;
    levels = engine_.levels_to(definition->writers);
  }
  const auto deadline = std::chrono::steady_clock::now() + pull_patience;
  const auto reached = std::make_shared<std::promise<void>>();
  reach_in_turn(engine_.log_, std::move(levels), deadline, [reached] { reached->set_value(); });
  reached->get_future().wait_until(deadline);
}

std::unique_ptr<ResultStream> StatementRunner::open_push(const syntax::Query& query, const PlanContext& context) {
  TransientOptions options;
  options.plan = plan_query(query, QueryUse::transient, context);
  options.start = start_positions(options.plan);
  if (query.emit == syntax::Emit::unsaid)
    options.until = latest_positions(*engine_.log_, engine_.topic_now(*options.plan.sources[0]));
  return start_transient(std::move(options));
}

std::unique_ptr<ResultStream> StatementRunner::follow(Session& session, std::string_view sql,
                                                      const std::optional<std::vector<Position>>& from) {
  syntax::Statement statement = parse_select(session, sql, false);
  statement_ = &statement;
  account(statement);
  syntax::Query& query = std::get<syntax::Select>(statement.body).query;
  if (query.emit == syntax::Emit::unsaid) query.emit = syntax::Emit::changes;
  const std::lock_guard lock(engine_.mutex_);
  properties_ = engine_.effective(session);
  TransientOptions options;
  options.plan = plan_query(query, QueryUse::transient, context());
  options.followed = true;
  if (from && (!options.plan.source_rows || options.plan.limit))
    refuse(ErrorCode::operation_forbidden, position(),
           "this SELECT cannot go on from a cursor, since it keeps what it has seen: make it a table or stream with "
           "CREATE … AS SELECT, and follow that");
  const bool earliest = properties_.at("auto.offset.reset") == "earliest";
  for (const auto& source : options.plan.sources) {
    const TopicDescription topic = engine_.topic_now(*source);
    append(options.ends, latest_positions(*engine_.log_, topic));
    append(options.start, from                        ? positions_from(*engine_.log_, topic, *source, *from)
                          : source->table || earliest ? earliest_positions(*engine_.log_, topic)
                                                      : latest_positions(*engine_.log_, topic));
  }
  const bool whole = std::all_of(options.plan.sources.begin(), options.plan.sources.end(),
                                 [&](const auto& source) { return earliest || source->table; });
  const bool table = options.plan.change != Change::append;
  options.shareable =
      !from && !options.plan.limit && (table ? whole && options.plan.whole_key : options.plan.source_rows && !whole);
  return start_transient(std::move(options));
}

std::unique_ptr<ResultStream> StatementRunner::start_transient(TransientOptions options) {
  const std::vector<std::shared_ptr<const Source>> sources = options.plan.sources;
  if (options.readers.empty()) options.readers = engine_.readers_of(sources);
  options.bounds = {engine_.options_.step_rows, engine_.options_.step_bytes, engine_.options_.step_milliseconds};
  options.limits = {engine_.options_.result_rows_max, engine_.options_.result_bytes_max};
  std::shared_ptr<TransientQuery> transient;
  {
    const std::lock_guard lock(engine_.wake_mutex_);
    std::erase_if(engine_.transients_, [](const auto& entry) { return entry.second.expired(); });
    if (engine_.transients_.size() >= engine_.options_.live_queries_max)
      throw Error(
          ErrorCode::quota_exceeded,
          fmt::format("{} SELECTs are followed already, the limit is {} (live.queries.max): end one of them, or "
                      "try again later",
                      engine_.transients_.size(), engine_.options_.live_queries_max));
    options.id = fmt::format("transient_{}_{}", sources[0]->name, ++engine_.next_transient_);
    const std::string id = options.id;
    transient = std::make_shared<TransientQuery>(*engine_.log_, std::move(options), *engine_.lanes_);
    engine_.transients_[id] = transient;
    for (const auto& source : sources) {
      auto& waiting = engine_.wake_transients_[source->topic.id.value];
      std::erase_if(waiting, [](const auto& entry) { return entry.second.expired(); });
      waiting[id] = transient;
    }
  }
  transient->start();
  return std::make_unique<QueueStream>(transient);
}

std::unique_ptr<ResultStream> StatementRunner::open_pull(const syntax::Query& query, const PlanContext& context) {
  PullPlan plan = plan_pull(query, context);
  const std::shared_ptr<const Source> source = plan.source->source;
  if (!source->table) {
    properties_["auto.offset.reset"] = "earliest";
    return open_push(query, context);
  }
  const auto maker = engine_.queries_.find(plan.source->maker);
  if (maker == engine_.queries_.end() || !maker->second->definition().plan.queryable)
    refuse(
        ErrorCode::operation_forbidden, query.from.name.position,
        fmt::format("The `{}` table isn't queryable: no query keeps it. Make one with CREATE TABLE … AS SELECT …, or "
                    "watch it with EMIT CHANGES",
                    source->name));
  const std::shared_ptr<RunningQuery> keeper = maker->second;
  auto queue = std::make_shared<ResultQueue>(ResultLimits{});  // what comes, comes at once
  auto stream = std::make_unique<QueueStream>(fmt::format("pull_{}", source->name), plan.schema, queue);
  Materialized::Lookup lookup{plan.keys, plan.window_from, plan.window_to};
  const std::string keeper_id = keeper->definition().id;
  auto done = [queue, source, plan = std::move(plan), keeper_id](std::optional<Batch> table, int64_t step,
                                                                 const std::optional<Error>& error) {
    if (error) return queue->end("", error);
    Batch rows = finish_pull(plan, as_source_rows(*table, *source));
    if (rows.rows > 0) queue->push({std::move(rows)});
    queue->end("Query Completed", std::nullopt, fmt::format("{}:{}", keeper_id, step));
  };
  std::vector<RunningQueries> levels = engine_.levels_to({keeper_id});
  levels.pop_back();  // the keeper
  const auto deadline = std::chrono::steady_clock::now() + pull_patience;
  reach_in_turn(engine_.log_, std::move(levels), deadline,
                [log = engine_.log_, keeper, deadline, lookup = std::move(lookup), done = std::move(done)] {
                  keeper->look_up(lookup, asked_now(*log, *keeper, deadline), done);
                });
  return stream;
}

}  // namespace millrace
