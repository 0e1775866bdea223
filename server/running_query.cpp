#include "server/running_query.h"

#include <fmt/format.h>

namespace millrace {

namespace {

// Computing runs at most one step ahead of the commit in flight.
constexpr int outstanding_max = 2;
constexpr std::chrono::seconds commit_patience{10};  // of a look-up
constexpr auto progress_interval = std::chrono::seconds(1);

// The end of a query that writes nowhere.
class End final : public Operator {
 public:
  void process(const Batch& batch, StepContext& step) override {
    step.counters.used += static_cast<int64_t>(batch.rows);
  }
};

}  // namespace

RunningQuery::RunningQuery(std::shared_ptr<const QueryDefinition> definition,
                           std::vector<std::shared_ptr<SourceReader>> readers, Services services)
    : definition_(std::move(definition)),
      readers_(std::move(readers)),
      services_(std::move(services)),
      lane_(services_.lanes.make_lane()) {
  make_pipeline();
}

void RunningQuery::make_pipeline() {
  std::unique_ptr<Sink> sink;
  if (definition_->sink) sink = build_sink(definition_->plan, *definition_->sink);
  Sink* written = sink.get();
  PipelineParts parts = build_pipeline(definition_->plan, readers_,
                                       sink ? std::unique_ptr<Operator>(std::move(sink)) : std::make_unique<End>());
  parts.sink = written;
  StepBounds bounds = services_.bounds;
  if (definition_->commit_interval) bounds.milliseconds = std::max<int64_t>(1, definition_->commit_interval->count());
  pipeline_ = std::make_unique<Pipeline>(services_.log, definition_->id, std::move(parts), definition_->start, bounds);
}

void RunningQuery::start(QueryState state, std::string error) {
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    error_ = std::move(error);
  }
  tell(state);
  lane_->post([self = shared_from_this(), state] {
    self->committed_step_ = self->pipeline_->progress().step;
    self->show();
    if (state == QueryState::running) self->take_new_partitions();
    self->wake();
  });
}

// Where the log cannot answer now, the next tick asks again.
void RunningQuery::take_new_partitions() {
  try {
    if (pipeline_->add_partitions(services_.log)) wake();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unavailable) fail(error);
  }
}

void RunningQuery::wake() {
  if (!queued_.exchange(true)) lane_->post([self = shared_from_this()] { self->run(); });
}

// One batch; then the lane's next task, which may be a look-up.
void RunningQuery::run() {
  queued_ = false;
  if (!runs() || outstanding_ >= outstanding_max) return answer_behind();  // the commit wakes it
  try {
    const bool more = pipeline_->advance(services_.hook);
    if (more && pipeline_->state_bytes() > services_.state_bytes_max)
      throw Error(ErrorCode::quota_exceeded,
                  fmt::format("the query's state has {} bytes, more than state.bytes.max ({})",
                              pipeline_->state_bytes(), services_.state_bytes_max));
    if (pipeline_->full() || (!more && pipeline_->started()))
      finish_step(std::chrono::steady_clock::now() - last_progress_ >= progress_interval);
    if (more) wake();
  } catch (const Error& error) {
    fail(error);
  }
  answer_behind();
}

bool RunningQuery::runs() const {
  const std::lock_guard lock(mutex_);
  return !stopped_ && state_ == QueryState::running;
}

void RunningQuery::finish_step(bool progress_too) {
  if (services_.stepped && pipeline_->started()) services_.stepped(pipeline_->step_time());
  auto step = pipeline_->finish(services_.committer.images_wanted(definition_->id), progress_too);
  show();
  if (!step) return;
  if (services_.hook) services_.hook(StepPhase::computed);
  last_progress_ = std::chrono::steady_clock::now();
  ++outstanding_;
  step->commit_interval = definition_->commit_interval;
  const int64_t number = step->progress.step;
  services_.committer.submit(std::move(*step), [self = shared_from_this(), number](const std::optional<Error>& error) {
    self->lane_->post([self, number, error] { self->on_committed(number, error); });
  });
}

void RunningQuery::on_committed(int64_t step, const std::optional<Error>& error) {
  --outstanding_;
  answer_committed();
  if (error) {
    if (error->code() != ErrorCode::cancelled) fail(*error);
    return;
  }
  committed_step_ = std::max(committed_step_, step);
  answer_waiting(std::nullopt);
  wake();
}

void RunningQuery::answer_waiting(const std::optional<Error>& error) {
  std::vector<Waiting> ready;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (!error && waiting.step > committed_step_) return false;
    ready.push_back(std::move(waiting));
    return true;
  });
  for (const Waiting& waiting : ready) waiting.done(error);
}

// At once where it is committed already; with an error where it is not by the deadline.
void RunningQuery::after_commit(int64_t step, std::chrono::steady_clock::time_point deadline, Committed done) {
  if (outstanding_ == 0 || step <= committed_step_) return done(std::nullopt);
  waiting_.push_back({step, deadline, std::move(done)});
  services_.committer.urge();
}

void RunningQuery::expire_waiting() {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Waiting> late;
  std::erase_if(waiting_, [&](Waiting& waiting) {
    if (now < waiting.deadline) return false;
    late.push_back(std::move(waiting));
    return true;
  });
  for (const Waiting& waiting : late)
    waiting.done(Error(ErrorCode::unavailable, "the log does not take the commits of the query " + definition_->id +
                                                   "; ask again once it does"));
}

void RunningQuery::fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == QueryState::failed) return;
    state_ = QueryState::failed;
    error_ = error.message();
  }
  tell(QueryState::failed);
  answer_waiting(error);
  answer_behind();
}

void RunningQuery::pause() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != QueryState::running) return;
    state_ = QueryState::paused;
  }
  tell(QueryState::paused);
  wake();  // for those who wait for it
}

void RunningQuery::resume() {
  bool failed = false;
  bool paused = false;
  {
    const std::lock_guard lock(mutex_);
    failed = state_ == QueryState::failed;
    paused = state_ == QueryState::paused;
    if (paused) state_ = QueryState::running;
  }
  if (paused) tell(QueryState::running);
  if (failed) return restart();
  wake();
}

void RunningQuery::restart() {
  lane_->post([self = shared_from_this()] {
    {
      const std::lock_guard lock(self->mutex_);
      if (self->state_ != QueryState::failed) return;  // it was asked for twice
    }
    // Steps of the failed run may still be on their way to be refused: only then is what is committed all there will
    // be.
    if (self->outstanding_ > 0) return self->restart();
    try {
      self->make_pipeline();
      self->services_.reload(*self->pipeline_);
    } catch (const Error& error) {
      const std::lock_guard lock(self->mutex_);
      self->error_ = error.message();
      return;
    }
    self->services_.committer.admit(self->definition_->id);
    self->start(QueryState::running, "");
  });
}

void RunningQuery::when_committed(std::function<void()> done) {
  lane_->post([self = shared_from_this(), done = std::move(done)]() mutable {
    self->waiting_for_commits_.push_back(std::move(done));
    self->answer_committed();
  });
}

// What has only moved on, without any effect, is committed too: it must not be worked through again.
void RunningQuery::answer_committed() {
  if (waiting_for_commits_.empty()) return;
  if (outstanding_ == 0 && (pipeline_->started() || pipeline_->progress_pending())) {
    try {
      finish_step(true);
    } catch (const Error& error) {
      fail(error);
    }
  }
  if (outstanding_ > 0) return services_.committer.urge();
  for (const auto& done : std::exchange(waiting_for_commits_, {})) done();
}

void RunningQuery::stop(std::function<void()> done, bool terminated) {
  lane_->post([self = shared_from_this(), done = std::move(done), terminated] {
    self->stopped_ = true;
    if (terminated && self->services_.changed) self->services_.changed(self->describe(), "TERMINATED");
    self->answer_waiting(Error(ErrorCode::cancelled, "the query " + self->definition_->id + " was ended"));
    self->answer_behind();
    done();
  });
}

void RunningQuery::tick(bool holds_back_state) {
  lane_->post([self = shared_from_this(), holds_back_state] {
    self->answer_behind();
    self->expire_waiting();
    if (!self->runs()) return;
    self->take_new_partitions();
    if (self->outstanding_ > 0 || self->pipeline_->started()) return;
    if (!self->pipeline_->progress_pending() && !holds_back_state) return;
    try {
      self->finish_step(true);
    } catch (const Error& error) {
      self->fail(error);
    }
  });
}

void RunningQuery::show() {
  const RowCounters& rows = pipeline_->progress().counters;
  std::vector<OperatorState> operators;
  for (const auto& [entries, bytes] : pipeline_->operator_states())
    operators.push_back({static_cast<int64_t>(entries), static_cast<int64_t>(bytes)});
  const std::lock_guard lock(mutex_);
  shown_positions_ = pipeline_->positions();
  shown_ = {rows.rows_in,
            rows.used,
            rows.filtered,
            rows.late,
            rows.rejected,
            rows.rows_out,
            rows.row_errors,
            pipeline_->progress().step,
            static_cast<int64_t>(pipeline_->state_bytes())};
  shown_operators_ = std::move(operators);
}

void RunningQuery::tell(QueryState state) {
  if (!services_.changed) return;
  services_.changed(describe(), state == QueryState::running  ? "RUNNING"
                                : state == QueryState::paused ? "PAUSED"
                                                              : "FAILED");
}

std::vector<Position> RunningQuery::positions() const {
  const std::lock_guard lock(mutex_);
  return shown_positions_;
}

QueryRow RunningQuery::describe() const {
  QueryRow row;
  row.id = definition_->id;
  row.sql = definition_->sql;
  if (definition_->sink) {
    row.sinks = {definition_->sink_name};
    row.sink_topics = {definition_->sink->topic.name};
  }
  const std::lock_guard lock(mutex_);
  row.state = state_;
  row.error = error_;
  row.counters = shown_;
  row.operators = shown_operators_;
  return row;
}

void RunningQuery::when_quiet(std::function<void(bool)> done) {
  lane_->post([self = shared_from_this(), done = std::move(done)] {
    if (!self->runs()) return done(true);
    // It goes on by itself; the log need not be asked.
    if (self->outstanding_ > 0 || self->pipeline_->started()) return done(false);
    const bool all_read = self->services_.at_end(self->pipeline_->positions());
    if (!all_read) self->wake();
    done(all_read);
  });
}

void RunningQuery::when_reached(Asked asked, std::function<void()> done) {
  behind_.push_back({std::move(asked), std::move(done)});
  answer_behind();
  if (!behind_.empty()) wake();
}

void RunningQuery::answer_behind() {
  if (behind_.empty()) return;
  const bool working = runs();
  const auto now = std::chrono::steady_clock::now();
  const std::vector<Position>& positions = pipeline_->positions();
  const auto is_reached = [&positions](const Position& end) {
    return std::none_of(positions.begin(), positions.end(), [&end](const Position& at) {
      return at.topic == end.topic && at.partition == end.partition && at.next < end.next;
    });
  };
  std::vector<std::function<void()>> ready;
  std::erase_if(behind_, [&](Behind& behind) {
    if (working && now < behind.asked.deadline &&
        !std::all_of(behind.asked.ends.begin(), behind.asked.ends.end(), is_reached))
      return false;
    ready.push_back(std::move(behind.done));
    return true;
  });
  for (const auto& done : ready) done();
  if (!behind_.empty() && outstanding_ >= outstanding_max) services_.committer.urge();  // it reads on after a commit
}

void RunningQuery::reach(Asked asked, std::function<void()> done) {
  lane_->post([self = shared_from_this(), asked = std::move(asked), done = std::move(done)]() mutable {
    const auto deadline = asked.deadline;
    self->when_reached(std::move(asked), [self, deadline, done = std::move(done)] {
      if (!self->runs()) return done();
      try {
        if (self->pipeline_->started()) self->finish_step(true);
      } catch (const Error& error) {
        self->fail(error);
        return done();
      }
      self->after_commit(self->pipeline_->progress().step, deadline, [done](const std::optional<Error>&) { done(); });
    });
  });
}

void RunningQuery::look_up(Materialized::Lookup lookup, Asked asked, LookUpDone done) {
  lane_->post([self = shared_from_this(), lookup = std::move(lookup), asked = std::move(asked),
               done = std::move(done)]() mutable {
    self->when_reached(std::move(asked), [self, lookup = std::move(lookup), done = std::move(done)] {
      std::optional<Error> error;
      {
        const std::lock_guard lock(self->mutex_);
        if (self->stopped_) error = Error(ErrorCode::cancelled, "the query was ended");
        if (self->state_ == QueryState::failed)
          error = Error(ErrorCode::unavailable, "the query " + self->definition_->id + " has failed: " + self->error_);
      }
      if (error) return done(std::nullopt, 0, error);
      try {
        if (self->pipeline_->started()) self->finish_step(true);
        const auto batch = std::make_shared<std::optional<Batch>>(
            look_up_table(self->definition_->plan, *self->pipeline_->materialized(), lookup));
        const int64_t step = self->pipeline_->progress().step;
        self->after_commit(step, std::chrono::steady_clock::now() + commit_patience,
                           [done, batch, step](const std::optional<Error>& failure) {
                             if (failure) return done(std::nullopt, 0, failure);
                             done(std::move(*batch), step, std::nullopt);
                           });
      } catch (const Error& failure) {
        done(std::nullopt, 0, failure);
      }
    });
  });
}

}  // namespace millrace
