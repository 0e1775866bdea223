// The engine over one log: catalog, queries, and what statements do to them.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "connectors/format_registry.h"
#include "grammar/statement.h"
#include "planner/context.h"
#include "planner/query_planner.h"
#include "planner/source_planner.h"
#include "runtime/committer.h"
#include "runtime/lane.h"
#include "server/engine.h"
#include "server/json_inserts.h"
#include "server/running_query.h"
#include "server/statement_record.h"
#include "server/transient_query.h"

namespace millrace {

class LocalEngine final : public Engine {
 public:
  LocalEngine(const EngineOptions& options, std::shared_ptr<Log> log);
  ~LocalEngine() override;

  Execution execute(Session& session, std::string_view sql) override;
  std::unique_ptr<ResultStream> query(Session& session, std::string_view sql) override;
  std::unique_ptr<ResultStream> follow(Session& session, std::string_view sql,
                                       const std::optional<std::vector<Position>>& from) override;
  std::unique_ptr<InsertStream> open_inserts(Session& session, std::string_view target) override;
  std::unique_ptr<InsertStream> find_inserts(Session& session, std::string_view target) override;
  bool close_query(std::string_view query_id) override;
  uint64_t definitions() const override { return definitions_; }
  ServerStatus status() const override;
  void stop(std::chrono::milliseconds grace) override;
  bool settle(std::chrono::milliseconds timeout) override;
  Observation& observation() override { return observation_; }
  Log& log() override { return *log_; }

 private:
  friend class StatementRunner;

  // Opening: topics of the engine's own, statements again, state, and the queries go.
  TopicDescription own_topic(const std::string& kind, const Retention& retention);
  void check_state_topic() const;
  std::shared_ptr<const Source> add_system_source(uint64_t id, const std::string& name, const TopicDescription& topic,
                                                  const Schema& schema);
  void add_system_sources();
  void gather(Statistics& statistics) const;
  void replay_statements();
  void restore_state();
  void reload(Pipeline& pipeline);
  StateRecord decode_record(Bytes key, Bytes value, int64_t offset) const;

  // Effects of statements; under mutex_.
  std::shared_ptr<JsonInsertTarget> make_insert_target(const std::string& name);
  // It stands for something else from now on, or for nothing.
  void name_changed(const std::string& name);
  PlanContext context(const std::map<std::string, std::string>& properties) const;
  std::map<std::string, std::string> effective(const Session& session) const;
  // What SHOW PROPERTIES tells of the server beside these.
  std::map<std::string, std::string> fixed_properties() const;
  int64_t append_statement(const StatementRecord& record, AppendKind kind);
  std::shared_ptr<const Source> make_source(const PlannedSource& planned, const std::string& statement,
                                            int64_t sequence);
  // From now on statements find the source so; the queries that have it already go on with it as it was.
  std::shared_ptr<const Source> change_source(Source source, const std::string& statement, int64_t sequence);
  std::shared_ptr<SourceReader> make_reader(const std::shared_ptr<const Source>& source);
  // The one that all queries over the source share.
  std::shared_ptr<SourceReader> reader_of(const std::shared_ptr<const Source>& source);
  std::vector<std::shared_ptr<SourceReader>> readers_of(const std::vector<std::shared_ptr<const Source>>& sources);
  void make_query(std::shared_ptr<QueryDefinition> definition);
  // In the place of the query of this id, of which no step waits for its commit; it goes on from what is committed.
  void change_query(std::shared_ptr<QueryDefinition> definition, QueryState state);
  void end_query(const std::string& id);
  void drop_source(const std::string& name);
  // The effect of the DROP at `sequence` on topics that ended at `ends` then; recorded, so that it is not repeated on
  // topics that others make under the same names.
  void delete_topics(const std::map<std::string, uint64_t>& topics, const std::vector<Position>& ends,
                     int64_t sequence);

  // The source's topic with the partitions that it has by now.
  TopicDescription topic_now(const Source& source) const {
    return log_->describe(source.topic.id).value_or(source.topic);
  }
  void on_topics_changed(std::span<const TopicId> topics);
  void tick();
  void show_progress();
  void lose_log();
  std::vector<std::shared_ptr<RunningQuery>> running_queries() const;
  std::vector<std::shared_ptr<TransientQuery>> transient_queries() const;
  // The queries, and those that write what they read, and so on: each behind those that lead to it. Of one query it is
  // the whole last level.
  std::vector<RunningQueries> levels_to(const std::set<std::string>& ids) const;
  // Whether the log holds nothing after these positions.
  bool at_end(const std::vector<Position>& positions) const;

  EngineOptions options_;
  std::shared_ptr<Log> log_;
  Observation observation_;
  FunctionRegistry functions_;
  AggregateRegistry aggregates_;
  FormatRegistry formats_;
  std::unique_ptr<LogWriter> writer_;
  TopicDescription statements_topic_, state_topic_, errors_topic_;

  mutable std::mutex mutex_;  // catalog, queries, readers; held while a statement is at work
  Catalog catalog_;
  std::map<std::string, std::shared_ptr<RunningQuery>> queries_;
  std::map<uint64_t, std::weak_ptr<SourceReader>> readers_;  // by source
  std::atomic<uint64_t> definitions_{0};
  std::map<std::string, std::string> system_properties_;  // ALTER SYSTEM
  bool replaying_ = false;
  bool completing_ = true;  // effects on the log are carried out: not for what is replayed, but for the last statement
  std::set<std::string> paused_;  // queries that the replayed statements leave paused

  // Where rows were inserted, by name; a lock of its own, for inserts wait for no statement.
  std::mutex insert_mutex_;
  std::map<std::string, std::shared_ptr<JsonInsertTarget>> insert_targets_;

  // What a change of a topic wakes; a lock of its own, for the log's threads take it.
  mutable std::mutex wake_mutex_;
  std::unordered_map<uint64_t, std::map<std::string, std::weak_ptr<RunningQuery>>> wake_queries_;
  std::unordered_map<uint64_t, std::map<std::string, std::weak_ptr<TransientQuery>>> wake_transients_;
  std::map<std::string, std::weak_ptr<TransientQuery>, std::less<>> transients_;
  uint64_t next_transient_ = 0;

  std::mutex state_mutex_;
  std::condition_variable state_changed_;
  ServerState state_ = ServerState::starting;
  bool stopping_ = false;
  bool lost_ = false;                                       // another server has the log
  std::chrono::steady_clock::time_point progress_shown_{};  // the ticker's
  std::thread ticker_;

  // Destroyed first to last as they depend on each other: no lane runs once lanes_ is gone, no commit once committer_
  // is.
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<LanePool> lanes_;
  std::shared_ptr<void> watch_;
};

}  // namespace millrace
