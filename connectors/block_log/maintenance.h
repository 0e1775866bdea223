// Retention, compaction and merging of a log's blocks.
#pragma once

#include "connectors/block_log/block_log_options.h"
#include "connectors/block_log/commit_queue.h"
#include "connectors/block_log/log_state.h"

namespace millrace {

// Safe to call from any thread; one run at a time.
class LogMaintenance {
 public:
  LogMaintenance(const BlockLogOptions& options, LogState& state, CommitQueue& queue)
      : options_(options), state_(state), queue_(queue) {}

  // Waits for a run in progress. Throws Error{log_failed, log_full, log_corrupt}: then the rest is left for the next
  // run.
  void run();
  // Nothing where one is in progress.
  void try_run();

 private:
  // Blocks of one partition and what takes their place.
  struct Rewrite {
    TopicId topic;
    int32_t partition = 0;
    std::vector<BlockEntry> old;
    std::vector<NewBlock> fresh;
    int64_t bytes = 0;  // read for it
  };

  void run_locked();
  void retain(TopicId topic, int32_t partition, int64_t now);
  void compact_partition(TopicId topic, int32_t partition, int64_t now);
  void merge_small(TopicId topic, int32_t partition);
  std::vector<BlockEntry> small_neighbours(TopicId topic, int32_t partition);
  bool compaction_due(const Partition& partition, const Retention& retention, int64_t now) const;
  std::vector<BlockEntry> entries(TopicId topic, int32_t partition, int64_t from) const;
  std::vector<RecordBlockPtr> load(TopicId topic, int32_t partition, const BlockEntry& entry);
  // False where some of the blocks went meanwhile: then nothing changes.
  bool apply(const Rewrite& rewrite);
  void publish(const Rewrite& rewrite);
  void write_removals();

  const BlockLogOptions& options_;
  LogState& state_;
  CommitQueue& queue_;
  std::mutex running_;
};

}  // namespace millrace
