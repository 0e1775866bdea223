// What statements do to the catalog, to queries and to the log.
#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "server/local_engine.h"

namespace millrace {

namespace {

constexpr uint64_t first_source_id = 1000;  // ids of sources that statements make: this plus the record's offset

CommitResult wait_for_append(LogWriter& writer, std::vector<RecordBlock> blocks, AppendKind kind) {
  std::promise<CommitResult> promise;
  auto future = promise.get_future();
  auto done = [&promise](CommitResult result) { promise.set_value(std::move(result)); };
  writer.append(std::move(blocks), kind, std::move(done));
  return future.get();
}

}  // namespace

int64_t LocalEngine::append_statement(const StatementRecord& record, AppendKind kind) {
  RecordBlockBuilder builder(statements_topic_.id.value, 0);
  builder.add(0, null_bytes(), encode_statement(record));
  std::vector<RecordBlock> blocks;
  blocks.push_back(builder.build());
  const CommitResult result = wait_for_append(*writer_, std::move(blocks), kind);
  if (result.outcome == CommitOutcome::fenced) throw Error(ErrorCode::fenced, "another server owns the log");
  if (result.outcome != CommitOutcome::committed)
    throw Error(result.full ? ErrorCode::log_full : ErrorCode::log_failed,
                "the statement could not be written to the log: " + result.reason);
  return result.first_offsets[0];
}

std::shared_ptr<const Source> LocalEngine::make_source(const PlannedSource& planned, const std::string& statement,
                                                       int64_t sequence) {
  auto source = std::make_shared<Source>(planned.source);
  source->id = first_source_id + static_cast<uint64_t>(sequence);
  if (planned.topic_spec && completing_) source->topic = log_->create(*planned.topic_spec);
  SourceDefinition definition;
  definition.source = source;
  definition.statement = statement;
  definition.window_type = planned.window_type;
  definition.read_only = planned.read_only;
  catalog_.add(std::move(definition));
  return source;
}

std::shared_ptr<const Source> LocalEngine::change_source(Source source, const std::string& statement,
                                                         int64_t sequence) {
  SourceDefinition& definition = *catalog_.find(source.name);
  readers_.erase(definition.source->id);
  source.id = first_source_id + static_cast<uint64_t>(sequence);
  definition.source = std::make_shared<const Source>(std::move(source));
  definition.statement = statement;
  name_changed(definition.source->name);
  return definition.source;
}

std::shared_ptr<SourceReader> LocalEngine::reader_of(const std::shared_ptr<const Source>& source) {
  auto& weak = readers_[source->id];
  if (auto reader = weak.lock()) return reader;
  auto reader = make_reader(source);
  weak = reader;
  return reader;
}

std::shared_ptr<SourceReader> LocalEngine::make_reader(const std::shared_ptr<const Source>& source) {
  SourceReader::Limits limits;
  limits.rows = options_.batch_rows;
  limits.record_bytes_max = options_.record_bytes_max;
  return std::make_shared<SourceReader>(*log_, source, limits);
}

std::vector<std::shared_ptr<SourceReader>> LocalEngine::readers_of(
    const std::vector<std::shared_ptr<const Source>>& sources) {
  std::vector<std::shared_ptr<SourceReader>> readers;
  for (const auto& source : sources) readers.push_back(reader_of(source));
  return readers;
}

void LocalEngine::make_query(std::shared_ptr<QueryDefinition> definition) {
  const std::string id = definition->id;
  RunningQuery::Services services{
      .log = *log_,
      .lanes = *lanes_,
      .committer = *committer_,
      .bounds = {options_.step_rows, options_.step_bytes, options_.step_milliseconds},
      .state_bytes_max = options_.state_bytes_max,
      .hook = options_.phase_hook,
      .reload = [this](Pipeline& pipeline) { reload(pipeline); },
      .at_end = [this](const std::vector<Position>& positions) { return at_end(positions); },
      .changed = [this](const QueryRow& query, const std::string& state) { observation_.query_changed(query, state); },
      .stepped =
          [this](std::chrono::microseconds time) { observation_.statistics().time("step_duration", "", "", time); },
  };
  const std::vector<std::shared_ptr<const Source>> sources = definition->plan.sources;
  for (const auto& source : sources) catalog_.find(source->name)->readers.insert(id);
  if (definition->sink) catalog_.find(definition->sink_name)->writers.insert(id);
  auto query = std::make_shared<RunningQuery>(std::move(definition), readers_of(sources), std::move(services));
  queries_[id] = query;
  const std::lock_guard lock(wake_mutex_);
  for (const auto& source : sources) wake_queries_[source->topic.id.value][id] = query;
}

void LocalEngine::change_query(std::shared_ptr<QueryDefinition> definition, QueryState state) {
  const std::string id = definition->id;
  const std::shared_ptr<RunningQuery> before = queries_.at(id);
  if (!replaying_) {
    std::promise<void> stopped;
    before->stop([&stopped] { stopped.set_value(); }, false);
    stopped.get_future().wait();
  }
  make_query(std::move(definition));
  if (replaying_) return;
  RunningQuery& query = *queries_.at(id);
  try {
    reload(query.pipeline());
    committer_->admit(id);
    query.start(state == QueryState::paused ? QueryState::paused : QueryState::running, "");
  } catch (const Error& error) {
    query.start(QueryState::failed, error.message());
  }
}

void LocalEngine::end_query(const std::string& id) {
  const auto found = queries_.find(id);
  if (found == queries_.end()) return;
  const std::shared_ptr<RunningQuery> query = found->second;
  std::promise<void> stopped;
  if (!replaying_) {
    query->stop([&stopped] { stopped.set_value(); });
    stopped.get_future().wait();
  }
  for (const auto& source : query->definition().plan.sources) {
    {
      const std::lock_guard lock(wake_mutex_);
      wake_queries_[source->topic.id.value].erase(id);
    }
    if (auto* definition = catalog_.find(source->name)) definition->readers.erase(id);
  }
  if (auto* definition = catalog_.find(query->definition().sink_name)) definition->writers.erase(id);
  queries_.erase(found);
  if (replaying_) return;
  std::promise<std::optional<Error>> ended;
  committer_->end_query(id, [&ended](const std::optional<Error>& error) { ended.set_value(error); });
  if (const auto error = ended.get_future().get()) throw Error(*error);
}

void LocalEngine::drop_source(const std::string& name) {
  const SourceDefinition* definition = catalog_.find(name);
  readers_.erase(definition->source->id);
  observation_.statistics().forget(name);
  name_changed(name);
  catalog_.remove(name);
}

// The log may know topics by their names only: what ends before `ends` was made by others after the statement.
void LocalEngine::delete_topics(const std::map<std::string, uint64_t>& topics, const std::vector<Position>& ends,
                                int64_t sequence) {
  if (!completing_) return;
  StatementRecord record;
  for (const auto& [name, id] : topics) {
    const TopicId topic{id};
    if (!log_->describe(topic)) continue;
    const bool other = std::any_of(ends.begin(), ends.end(), [this, topic](const Position& end) {
      return end.topic == topic && log_->offsets(topic, end.partition).end < end.next;
    });
    if (other) continue;
    log_->drop(topic);
    record.completes = sequence;
  }
  if (!record.completes) return;
  try {
    append_statement(record, AppendKind::from_reserve);
  } catch (const Error&) {
    // The topics are gone, and the next start sees that.
  }
}

}  // namespace millrace
