// SELECT … EMIT CHANGES, and scans of a stream to its end: a pipeline that ends in a queue and leaves no trace.
#pragma once

#include <atomic>
#include <memory>

#include "planner/pipeline_builder.h"
#include "runtime/lane.h"
#include "server/result_queue.h"

namespace millrace {

struct TransientOptions {
  std::string id;
  QueryPlan plan;
  std::vector<std::shared_ptr<SourceReader>> readers;  // of the plan's sources
  std::vector<Position> start;
  std::vector<Position> until;  // where it ends by itself; empty: never
  int64_t every = 1;            // one of so many rows is sent, the first of them
  bool followed = false;        // it tells its progress, and the bounds of windows
  bool shareable = false;       // ResultShape's
  std::vector<Position> ends;   // followed: what its topics held when it was opened
  StepBounds bounds;
  ResultLimits limits;
};

// Reads committed input and sends rows as it computes them; writes nothing. Safe to call from any thread.
class TransientQuery : public std::enable_shared_from_this<TransientQuery> {
 public:
  // What came out, and is not in the queue yet.
  struct Computed {
    std::vector<Batch> batches;
    std::optional<int64_t> time;  // the largest so far
    bool limit_reached = false;
  };

  TransientQuery(const Log& log, TransientOptions options, LanePool& lanes);

  const TransientOptions& options() const { return options_; }
  ResultQueue& queue() { return queue_; }
  void start();
  void wake();
  // Once a second: partitions that its topics got since.
  void tick();
  // Calls `done` on its lane with whether it has nothing to do: `at_end` says whether the log holds nothing after these
  // positions.
  void when_quiet(std::function<bool(const std::vector<Position>&)> at_end, std::function<void(bool quiet)> done);
  void end(std::string message, std::optional<Error> error = std::nullopt);

 private:
  void run();
  void publish();

  TransientOptions options_;
  ResultQueue queue_;
  std::shared_ptr<Lane> lane_;
  std::atomic<bool> queued_{false};
  const Log& log_;

  // On the lane.
  std::unique_ptr<Pipeline> pipeline_;
  Computed computed_;
};

}  // namespace millrace
