#include "server/local_engine.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "grammar/parser.h"
#include "planner/properties.h"
#include "runtime/error_rows.h"
#include "server/statement_runner.h"

namespace millrace {

namespace {

constexpr size_t read_bytes = 8 << 20;
constexpr std::chrono::seconds read_patience{30};
constexpr std::chrono::seconds progress_interval{5};  // how often tools of the log's are shown how far queries are

// Every record of the one partition of a topic, in order. Throws Error{unavailable} where the log does not give them.
template <class F>
void read_all(Log& log, const TopicDescription& topic, F&& each) {
  const Offsets offsets = log.offsets(topic.id, 0);
  const auto reader = log.open_reader({Position{topic.id, 0, offsets.first}});
  for (int64_t next = offsets.first; next < offsets.end;) {
    const auto runs = reader->read(read_bytes, std::chrono::steady_clock::now() + read_patience);
    if (runs.empty())
      throw Error(ErrorCode::unavailable,
                  fmt::format("the log does not give the records of {} from {} to {}", topic.name, next, offsets.end));
    for (const RecordRun& run : runs) {
      const RecordBlock& block = *run.block;
      for (size_t i = run.begin; i < run.end; ++i) each(block.offsets[i], block.keys[i], block.values[i]);
      next = run.last_offset() + 1;
    }
  }
}

// As in SQL: upper-cased unless quoted.
std::string name_of(std::string_view target) {
  const bool quoted = target.size() >= 2 && (target.front() == '`' || target.front() == '"');
  if (quoted && target.back() == target.front()) return std::string(target.substr(1, target.size() - 2));
  return absl::AsciiStrToUpper({target.data(), target.size()});
}

}  // namespace

std::unique_ptr<Engine> Engine::open(const EngineOptions& options, std::shared_ptr<Log> log) {
  return std::make_unique<LocalEngine>(options, std::move(log));
}

LocalEngine::LocalEngine(const EngineOptions& options, std::shared_ptr<Log> log)
    : options_(options), log_(std::move(log)), observation_(options.observation) {
  register_all_functions(functions_);
  register_all_aggregates(aggregates_);
  register_all_formats(formats_);
  // Fence first, then read.
  writer_ = log_->open_writer(fmt::format("millrace_{}", options_.service_id));
  statements_topic_ = own_topic("statements", {});
  check_state_topic();
  state_topic_ = own_topic("state", {});
  errors_topic_ = own_topic("errors", {.milliseconds = int64_t{7} * 24 * 3'600'000, .bytes = int64_t{1} << 30});
  CommitterOptions commits;
  commits.state_topic = state_topic_.id;
  commits.errors_topic = errors_topic_.id;
  commits.errors_format = formats_.find("JSON");
  commits.interval = std::chrono::milliseconds(options_.commit_interval_ms);
  commits.state_log_slack_bytes = options_.state_log_slack_bytes;
  commits.hook = options_.phase_hook;
  commits.committed = [this](std::chrono::microseconds time) {
    observation_.statistics().time("commit_duration", "", "", time);
  };
  committer_ = std::make_unique<Committer>(*log_, *writer_, std::move(commits));
  committer_->on_fenced([this] { lose_log(); });
  lanes_ = std::make_unique<LanePool>(options_.threads);
  add_system_sources();
  replay_statements();
  watch_ = log_->watch([this](std::span<const TopicId> topics) { on_topics_changed(topics); });
  for (const auto& [id, query] : queries_) query->wake();
  {
    const std::lock_guard lock(state_mutex_);
    state_ = ServerState::ready;
  }
  ticker_ = std::thread([this] { tick(); });
}

LocalEngine::~LocalEngine() {
  {
    const std::lock_guard lock(state_mutex_);
    stopping_ = true;
    state_ = ServerState::stopping;
  }
  state_changed_.notify_all();
  if (ticker_.joinable()) ticker_.join();
  watch_.reset();
  {
    const std::lock_guard lock(wake_mutex_);
    for (const auto& [id, weak] : transients_)
      if (const auto query = weak.lock()) query->end("The server is stopping");
  }
  observation_.end();
  observation_.gather_from("queries", nullptr);
  // Lanes first: what they run submits to the committer. Its answers after that go to lanes that nobody runs.
  lanes_->stop();
  committer_.reset();
  queries_.clear();
  writer_.reset();
}

TopicDescription LocalEngine::own_topic(const std::string& kind, const Retention& retention) {
  const std::string name = fmt::format("_millrace_{}_{}", options_.service_id, kind);
  if (const auto there = log_->describe(name)) return *there;
  return log_->create({.name = name, .partitions = 1, .retention = retention});
}

// Without its state a query would begin again, and write its results once more.
void LocalEngine::check_state_topic() const {
  const std::string name = fmt::format("_millrace_{}_state", options_.service_id);
  if (log_->describe(name)) return;
  const int64_t statements = log_->offsets(statements_topic_.id, 0).end;
  if (statements > 0)
    throw Error(ErrorCode::state_unreadable,
                fmt::format("topic {} is gone, while {} holds statements up to offset {}: restore it, or delete all "
                            "topics of this service to begin anew",
                            name, statements_topic_.name, statements));
}

void LocalEngine::replay_statements() {
  replaying_ = true;
  std::vector<std::pair<int64_t, StatementRecord>> records;
  read_all(*log_, statements_topic_,
           [&](int64_t offset, Bytes, Bytes value) { records.emplace_back(offset, decode_statement(value)); });
  // A statement's effects are complete before the next one's record is written: only those of the last may be missing,
  // where no record says that they are complete.
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].second.completes) continue;
    completing_ = i + 1 == records.size();
    StatementRunner(*this).replay(records[i].second, records[i].first);
  }
  completing_ = true;
  restore_state();
  replaying_ = false;
  // The server died after a query's end was recorded and before its state was.
  for (const std::string& id : committer_->queries())
    if (!queries_.contains(id)) committer_->end_query(id, [](const std::optional<Error>&) {});
  StatementRunner(*this).start_replayed();
}

// Images, then deltas, in the log's order; progress last of each step.
void LocalEngine::restore_state() {
  read_all(*log_, state_topic_, [&](int64_t offset, Bytes key, Bytes value) {
    const StateRecord record = decode_record(key, value, offset);
    committer_->restore(record, offset, key.size() + value.size());
    const auto query = queries_.find(std::string(record.query));
    if (query != queries_.end() && query->second->definition().fits_state) query->second->pipeline().restore(record);
  });
}

void LocalEngine::reload(Pipeline& pipeline) {
  read_all(*log_, state_topic_, [&](int64_t offset, Bytes key, Bytes value) {
    if (key.empty() || key.substr(1) != pipeline.query()) return;
    pipeline.restore(decode_record(key, value, offset));
  });
}

StateRecord LocalEngine::decode_record(Bytes key, Bytes value, int64_t offset) const {
  try {
    return decode_state_record(key, value);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("offset {} of {}: {}", offset, state_topic_.name, error.message()));
  }
}

std::map<std::string, std::string> LocalEngine::effective(const Session& session) const {
  std::map<std::string, std::string> properties = session.properties;
  properties.insert(system_properties_.begin(), system_properties_.end());
  properties.try_emplace("auto.offset.reset", options_.offset_reset);
  properties.try_emplace("cache.max.bytes.buffering", std::to_string(options_.buffering_bytes));
  return properties;
}

std::map<std::string, std::string> LocalEngine::fixed_properties() const {
  std::map<std::string, std::string> properties = {
      {"service.id", options_.service_id},
      {"engine.threads", std::to_string(options_.threads)},
      {"commit.interval.ms", std::to_string(options_.commit_interval_ms)},
      {"statement.bytes.max", std::to_string(options_.statement_bytes_max)},
      {"queries.max", std::to_string(options_.queries_max)},
      {"live.queries.max", std::to_string(options_.live_queries_max)},
      {"state.bytes.max", std::to_string(options_.state_bytes_max)},
      {"record.bytes.max", std::to_string(options_.record_bytes_max)},
      {"result.rows.max", std::to_string(options_.result_rows_max)},
      {"result.bytes.max", std::to_string(options_.result_bytes_max)}};
  if (const SourceDefinition* audit = catalog_.find("SYS_AUDIT")) {
    properties["audit.enabled"] = observation_.audit().is_on() ? "true" : "false";
    if (const auto kept = topic_now(*audit->source).retention.milliseconds)
      properties["audit.retention.ms"] = std::to_string(*kept);
  }
  return properties;
}

PlanContext LocalEngine::context(const std::map<std::string, std::string>& properties) const {
  return {catalog_,   functions_, aggregates_, formats_, [this](std::string_view name) { return log_->describe(name); },
          properties, replaying_};
}

std::vector<RunningQueries> LocalEngine::levels_to(const std::set<std::string>& ids) const {
  std::vector<RunningQueries> levels;
  std::map<std::string, size_t> depths;
  // The number of levels that end with the query's; 0 where there is no such query, or it leads to itself.
  const std::function<size_t(const std::string&)> add = [&](const std::string& id) -> size_t {
    const auto found = queries_.find(id);
    if (found == queries_.end()) return 0;
    const auto [at, added] = depths.emplace(id, 0);
    if (!added) return at->second;
    size_t before = 0;
    for (const auto& source : found->second->definition().plan.sources)
      if (const SourceDefinition* definition = catalog_.find(source->name))
        for (const std::string& writer : definition->writers) before = std::max(before, add(writer));
    if (levels.size() <= before) levels.resize(before + 1);
    levels[before].push_back(found->second);
    return at->second = before + 1;
  };
  for (const std::string& id : ids) add(id);
  return levels;
}

bool LocalEngine::at_end(const std::vector<Position>& positions) const {
  try {
    return std::all_of(positions.begin(), positions.end(), [this](const Position& p) {
      return !log_->describe(p.topic) || log_->offsets(p.topic, p.partition).end <= p.next;
    });
  } catch (const Error&) {
    return false;  // the log cannot say
  }
}

void LocalEngine::on_topics_changed(std::span<const TopicId> topics) {
  std::vector<std::shared_ptr<RunningQuery>> queries;
  std::vector<std::shared_ptr<TransientQuery>> transients;
  {
    const std::lock_guard lock(wake_mutex_);
    for (const TopicId topic : topics) {
      if (const auto at = wake_queries_.find(topic.value); at != wake_queries_.end())
        for (const auto& [id, weak] : at->second)
          if (auto query = weak.lock()) queries.push_back(std::move(query));
      if (const auto at = wake_transients_.find(topic.value); at != wake_transients_.end())
        for (const auto& [id, weak] : at->second)
          if (auto query = weak.lock()) transients.push_back(std::move(query));
    }
  }
  for (const auto& query : transients) query->wake();
  for (const auto& query : queries) query->wake();
}

std::vector<std::shared_ptr<RunningQuery>> LocalEngine::running_queries() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<RunningQuery>> list;
  for (const auto& [id, query] : queries_) list.push_back(query);
  return list;
}

std::vector<std::shared_ptr<TransientQuery>> LocalEngine::transient_queries() const {
  const std::lock_guard lock(wake_mutex_);
  std::vector<std::shared_ptr<TransientQuery>> list;
  for (const auto& [id, weak] : transients_)
    if (auto query = weak.lock()) list.push_back(std::move(query));
  return list;
}

// Another server has taken the log: whatever is still computed here can never be seen.
void LocalEngine::lose_log() {
  {
    const std::lock_guard lock(state_mutex_);
    if (std::exchange(lost_, true)) return;
    state_ = ServerState::stopping;
    state_changed_.notify_all();
  }
  if (options_.fenced) options_.fenced();
}

void LocalEngine::show_progress() {
  const auto now = std::chrono::steady_clock::now();
  if (now - progress_shown_ < progress_interval) return;
  progress_shown_ = now;
  for (const auto& [query, positions] : committer_->take_progress())
    log_->show_progress(fmt::format("millrace_{}_{}", options_.service_id, query), positions);
}

void LocalEngine::tick() {
  std::unique_lock lock(state_mutex_);
  while (!state_changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
    lock.unlock();
    if (writer_->fenced()) lose_log();
    show_progress();
    const std::vector<std::string> holding = committer_->holding_back();
    const std::set<std::string> holds(holding.begin(), holding.end());
    for (const auto& query : running_queries()) query->tick(holds.contains(query->definition().id));
    for (const auto& query : transient_queries()) query->tick();
    lock.lock();
  }
}

ServerStatus LocalEngine::status() const {
  ServerStatus status;
  {
    const std::lock_guard lock(const_cast<std::mutex&>(state_mutex_));
    status.state = state_;
  }
  if (status.state != ServerState::ready) return status;
  status.reason = log_->trouble();
  if (status.reason.empty()) status.reason = committer_->trouble();
  if (!status.reason.empty()) status.state = ServerState::degraded;
  return status;
}

bool LocalEngine::settle(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (!log_->trouble().empty()) return false;  // nothing can be brought to its end now
    const auto queries = running_queries();
    const int64_t before = log_->last_sequence();
    bool quiet = true;
    bool failed = false;
    for (const auto& query : queries) {
      std::promise<bool> answer;
      query->when_quiet([&answer](bool value) { answer.set_value(value); });
      quiet = answer.get_future().get() && quiet;
      failed = failed || query->describe().state == QueryState::failed;
    }
    for (const auto& query : transient_queries()) {
      std::promise<bool> answer;
      query->when_quiet([this](const std::vector<Position>& positions) { return at_end(positions); },
                        [&answer](bool value) { answer.set_value(value); });
      quiet = answer.get_future().get() && quiet;
    }
    if (failed) return false;
    if (quiet && log_->last_sequence() == before) return true;
    committer_->urge();
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return false;
}

void LocalEngine::stop(std::chrono::milliseconds grace) {
  {
    const std::lock_guard lock(state_mutex_);
    state_ = ServerState::stopping;
  }
  {
    const std::lock_guard lock(wake_mutex_);
    for (const auto& [id, weak] : transients_)
      if (const auto query = weak.lock()) query->end("The server is stopping");
  }
  settle(grace);
}

bool LocalEngine::close_query(std::string_view query_id) {
  const std::lock_guard lock(wake_mutex_);
  const auto found = transients_.find(query_id);
  if (found == transients_.end()) return false;
  const auto query = found->second.lock();
  if (query) query->end("Query closed");
  return query != nullptr;
}

LocalEngine::Execution LocalEngine::execute(Session& session, std::string_view sql) {
  Execution execution;
  std::string statement;
  if (session.audit) session.audit->say(sql);
  try {
    if (status().state == ServerState::stopping) throw Error(ErrorCode::not_ready, "the server is stopping");
    StatementRunner(*this).run(session, sql, execution.results, statement);
  } catch (const Error& error) {
    execution.failure = Failure{error, statement};
  }
  return execution;
}

std::unique_ptr<ResultStream> LocalEngine::query(Session& session, std::string_view sql) {
  if (session.audit) session.audit->say(sql);
  if (status().state == ServerState::stopping) throw Error(ErrorCode::not_ready, "the server is stopping");
  return StatementRunner(*this).open_query(session, sql);
}

std::unique_ptr<ResultStream> LocalEngine::follow(Session& session, std::string_view sql,
                                                  const std::optional<std::vector<Position>>& from) {
  if (session.audit) session.audit->say(sql);
  if (status().state == ServerState::stopping) throw Error(ErrorCode::not_ready, "the server is stopping");
  return StatementRunner(*this).follow(session, sql, from);
}

std::unique_ptr<InsertStream> LocalEngine::find_inserts(Session& session, std::string_view target) {
  const std::string name = name_of(target);
  const std::lock_guard lock(insert_mutex_);
  const auto found = insert_targets_.find(name);
  if (found == insert_targets_.end()) return nullptr;
  if (session.audit) session.audit->add("INSERT", name);
  return open_json_inserts(found->second);
}

std::unique_ptr<InsertStream> LocalEngine::open_inserts(Session& session, std::string_view target) {
  session.properties = check_session_properties(session.properties);
  if (auto inserts = find_inserts(session, target)) return inserts;
  const std::string name = name_of(target);
  if (session.audit) session.audit->add("INSERT", name);
  const std::lock_guard lock(mutex_);
  auto made = make_insert_target(name);
  const std::lock_guard insert_lock(insert_mutex_);
  return open_json_inserts(insert_targets_[name] = std::move(made));
}

void LocalEngine::name_changed(const std::string& name) {
  ++definitions_;
  const std::lock_guard lock(insert_mutex_);
  insert_targets_.erase(name);
}

std::shared_ptr<JsonInsertTarget> LocalEngine::make_insert_target(const std::string& name) {
  const SourceDefinition* definition = catalog_.find(name);
  if (definition == nullptr)
    throw Error(ErrorCode::source_unknown,
                fmt::format("there is no stream or table {}{}", name, catalog_.did_you_mean(name)));
  if (definition->system) throw Error(ErrorCode::operation_forbidden, name + " is written by the server alone");
  if (definition->read_only)
    throw Error(ErrorCode::operation_forbidden, fmt::format("Cannot insert values into read-only {}: {}",
                                                            definition->source->table ? "table" : "stream", name));
  if (definition->source->window_size_ms)
    throw Error(ErrorCode::operation_forbidden, "rows cannot be inserted into a windowed table");
  if (definition->source->table && !definition->maker.empty())
    throw Error(ErrorCode::operation_forbidden,
                fmt::format("Cannot insert into {}: its rows are those of the query {}", name, definition->maker));
  JsonInsertOptions options;
  options.source = definition->source;
  options.json = formats_.find("JSON");
  options.outstanding_max = options_.inserts_outstanding_max;
  options.record_bytes_max = options_.record_bytes_max;
  options.memory = options_.inserts_memory;
  options.inserted = [&observation = observation_, name](size_t rows, size_t bytes) {
    observation.statistics().count("stream_rows_inserted", "", name, rows);
    observation.statistics().count("stream_bytes_inserted", "", name, bytes);
  };
  options.lost = [&observation = observation_, name](size_t rows, const std::string& reason) {
    observation.rows_lost(name, rows, reason);
  };
  return std::make_shared<JsonInsertTarget>(std::move(options), *log_, *writer_);
}

}  // namespace millrace
