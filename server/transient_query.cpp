#include "server/transient_query.h"

#include <numeric>

namespace millrace {

namespace {

// Gathers what comes out, or one of so many rows of it, up to the limit.
class Capture final : public Operator {
 public:
  Capture(TransientQuery::Computed& computed, size_t columns, const TransientOptions& options)
      : computed_(computed),
        columns_(columns),
        left_(options.plan.limit),
        counts_used_(options.plan.source_rows),
        every_(options.every) {}

  void process(const Batch& batch, StepContext& step) override {
    if (counts_used_) step.counters.used += static_cast<int64_t>(batch.rows);
    step.counters.rows_out += static_cast<int64_t>(batch.rows);
    Batch out = every_ == 1 ? batch : sample(batch);
    if (left_ && static_cast<size_t>(*left_) < out.rows) {
      std::vector<uint32_t> first(static_cast<size_t>(*left_));
      std::iota(first.begin(), first.end(), 0U);
      out = out.gather(first);
    }
    out.columns.resize(columns_);
    if (left_) *left_ -= static_cast<int64_t>(out.rows);
    for (size_t row = 0; row < out.rows; ++row)
      computed_.time = std::max(computed_.time, std::optional(out.time_at(row)));
    if (out.rows > 0) computed_.batches.push_back(std::move(out));
    computed_.limit_reached = left_ && *left_ == 0;
  }

 private:
  Batch sample(const Batch& batch) {
    std::vector<uint32_t> chosen;
    for (uint32_t row = 0; row < batch.rows; ++row)
      if (seen_++ % every_ == 0) chosen.push_back(row);
    return batch.gather(chosen);
  }

  TransientQuery::Computed& computed_;
  size_t columns_;
  std::optional<int64_t> left_;
  bool counts_used_;
  int64_t every_;
  int64_t seen_ = 0;
};

bool reached(const std::vector<Position>& at, const std::vector<Position>& until) {
  if (at.size() < until.size()) return false;  // a topic got further partitions in between
  for (size_t i = 0; i < until.size(); ++i)
    if (at[i].next < until[i].next) return false;
  return true;
}

}  // namespace

TransientQuery::TransientQuery(const Log& log, TransientOptions options, LanePool& lanes)
    : options_(std::move(options)), queue_(options_.limits), lane_(lanes.make_lane()), log_(log) {
  // A window's bounds follow the columns that were asked for.
  const size_t columns = options_.plan.schema.size() + (options_.followed && options_.plan.window_start ? 2 : 0);
  auto capture = std::make_unique<Capture>(computed_, columns, options_);
  PipelineParts parts = build_pipeline(options_.plan, options_.readers, std::move(capture));
  pipeline_ = std::make_unique<Pipeline>(log, options_.id, std::move(parts), options_.start, options_.bounds);
}

void TransientQuery::start() {
  queue_.on_room([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake();
  });
  if (options_.plan.limit && *options_.plan.limit == 0) queue_.end("Limit Reached");
  if (options_.followed) lane_->post([self = shared_from_this()] { self->publish(); });  // of empty topics
  wake();
}

void TransientQuery::wake() {
  if (queued_.exchange(true)) return;
  lane_->post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->run();
  });
}

void TransientQuery::tick() {
  if (!options_.until.empty()) return;  // it ends where the topics ended when it began
  lane_->post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->queue_.ended()) return;
    try {
      if (self->pipeline_->add_partitions(self->log_)) self->wake();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable) self->queue_.end("", error);
    }
  });
}

void TransientQuery::end(std::string message, std::optional<Error> error) {
  queue_.end(std::move(message), std::move(error));
}

void TransientQuery::when_quiet(std::function<bool(const std::vector<Position>&)> at_end,
                                std::function<void(bool)> done) {
  lane_->post([self = shared_from_this(), at_end = std::move(at_end), done = std::move(done)] {
    if (self->queue_.ended() || !self->queue_.has_room()) return done(true);
    const bool all_read = at_end(self->pipeline_->positions()) && !self->pipeline_->started();
    if (!all_read) self->wake();
    done(all_read);
  });
}

void TransientQuery::run() {
  queued_ = false;
  if (queue_.ended() || !queue_.has_room()) return;
  try {
    if (!options_.until.empty() && reached(pipeline_->progress().to, options_.until))
      return queue_.end("Query Completed");
    const bool more = pipeline_->advance(nullptr);
    // Rows that are emitted once per step come out as soon as the input pauses.
    if (pipeline_->full() || (!more && pipeline_->started()) || !options_.until.empty()) pipeline_->finish({}, true);
    publish();
    if (!options_.until.empty() && reached(pipeline_->progress().to, options_.until))
      return queue_.end("Query Completed");
    if (more) wake();
  } catch (const Error& error) {
    publish();
    queue_.end("", error);
  }
}

// Rows that wait for the end of a step to be emitted keep the positions behind them back.
void TransientQuery::publish() {
  std::optional<ResultProgress> progress;
  if (options_.followed && (options_.plan.source_rows || !pipeline_->started())) {
    const std::vector<Position>& positions = pipeline_->positions();
    progress = {positions, computed_.time, reached(positions, options_.ends)};
  }
  queue_.push(std::exchange(computed_.batches, {}), std::move(progress));
  if (computed_.limit_reached) queue_.end("Limit Reached");
}

}  // namespace millrace
