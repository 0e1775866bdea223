// A persistent query at work: a pipeline on a lane, its steps going to the committer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "planner/pipeline_builder.h"
#include "runtime/committer.h"
#include "runtime/lane.h"
#include "runtime/pipeline.h"
#include "server/results.h"

namespace millrace {

// What a query is made of. Immutable.
struct QueryDefinition {
  std::string id;
  std::string sql;
  std::string sink_name;               // empty: it writes nowhere
  std::shared_ptr<const Source> sink;  // null: it keeps the rows of a source table, for look-ups
  QueryPlan plan;
  std::vector<Position> start;                               // of all its sources, where it began to read
  int64_t sequence = 0;                                      // of its statement's record
  std::optional<std::chrono::milliseconds> commit_interval;  // its own; absent: the server's
  // Whether the plan is one that the query's state can be loaded into. Otherwise it has failed, and can only be ended.
  bool fits_state = true;
};

// Safe to call from any thread.
class RunningQuery : public std::enable_shared_from_this<RunningQuery> {
 public:
  struct Services {
    const Log& log;
    LanePool& lanes;
    Committer& committer;
    StepBounds bounds;
    size_t state_bytes_max = 0;
    PhaseHook hook;
    // Reads the state topic again and gives every record of this query to the pipeline.
    std::function<void(Pipeline&)> reload;
    // Whether the log holds nothing after these positions.
    std::function<bool(const std::vector<Position>&)> at_end;
    // Its state has changed to this one; TERMINATED is the last.
    std::function<void(const QueryRow&, const std::string& state)> changed;
    std::function<void(std::chrono::microseconds)> stepped;  // how long a step computed
  };

  RunningQuery(std::shared_ptr<const QueryDefinition> definition, std::vector<std::shared_ptr<SourceReader>> readers,
               Services services);

  const QueryDefinition& definition() const { return *definition_; }

  // Recovery, before start(): the pipeline that records are given to.
  Pipeline& pipeline() { return *pipeline_; }
  // Begins to work, or stays paused, or failed where an error is given.
  void start(QueryState state, std::string error);
  // There may be input.
  void wake();
  void pause();
  // A failed query drops its memory, loads what is committed and goes on.
  void resume();
  // While it is paused: `done` is called on its lane when none of its steps waits for its commit.
  void when_committed(std::function<void()> done);
  // No further step; its lane is empty when `done` is called. Not terminated: another goes on in its place.
  void stop(std::function<void()> done, bool terminated = true);
  // Once a second: progress that had no company so far, images that the state topic waits for, partitions that came.
  void tick(bool holds_back_state);

  QueryRow describe() const;
  // Where it reads on, as of the last step.
  std::vector<Position> positions() const;
  // Calls `done` on its lane with whether all input is read and committed.
  void when_quiet(std::function<void(bool quiet)> done);
  // What was there when somebody asked: the ends of its topics, and until when it is worth waiting for them.
  struct Asked {
    std::vector<Position> ends;
    std::chrono::steady_clock::time_point deadline;
  };
  // Calls `done` on its lane once everything before the ends is worked through and committed, or the deadline has
  // passed, or the query does not run.
  void reach(Asked asked, std::function<void()> done);
  // Then reads the table that this query makes, between two of its batches; `done` gets it when what it saw is
  // committed, with the number of the step, or an error.
  using LookUpDone = std::function<void(std::optional<Batch>, int64_t step, std::optional<Error>)>;
  void look_up(Materialized::Lookup lookup, Asked asked, LookUpDone done);

 private:
  void run();
  using Committed = std::function<void(const std::optional<Error>&)>;

  void finish_step(bool progress_too);
  void on_committed(int64_t step, const std::optional<Error>& error);
  void fail(const Error& error);
  void take_new_partitions();
  void make_pipeline();
  void show();
  void restart();  // of one that failed
  void tell(QueryState state);
  void answer_committed();
  void answer_waiting(const std::optional<Error>& error);
  bool runs() const;
  void when_reached(Asked asked, std::function<void()> done);
  void answer_behind();
  void after_commit(int64_t step, std::chrono::steady_clock::time_point deadline, Committed done);
  void expire_waiting();

  std::shared_ptr<const QueryDefinition> definition_;
  std::vector<std::shared_ptr<SourceReader>> readers_;
  Services services_;
  std::shared_ptr<Lane> lane_;
  std::atomic<bool> queued_{false};

  // On the lane.
  std::unique_ptr<Pipeline> pipeline_;
  int outstanding_ = 0;  // steps that are not committed yet, at most two
  int64_t committed_step_ = 0;
  std::vector<std::function<void()>> waiting_for_commits_;
  std::chrono::steady_clock::time_point last_progress_{};
  struct Waiting {
    int64_t step;
    std::chrono::steady_clock::time_point deadline;
    Committed done;
  };
  std::vector<Waiting> waiting_;  // for the commit of a step
  struct Behind {
    Asked asked;
    std::function<void()> done;
  };
  std::vector<Behind> behind_;  // for input to be worked through
  bool stopped_ = false;

  mutable std::mutex mutex_;
  QueryState state_ = QueryState::paused;
  std::string error_;
  QueryCounters shown_;
  std::vector<Position> shown_positions_;
  std::vector<OperatorState> shown_operators_;
};

using RunningQueries = std::vector<std::shared_ptr<RunningQuery>>;

}  // namespace millrace
