// The log of blocks: topics, commits, fencing, readers, retention and compaction over a store of blocks. The memory log
// and the embedded log are this with two stores.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "connectors/block_log/commit_queue.h"
#include "connectors/block_log/log_state.h"
#include "connectors/block_log/maintenance.h"
#include "connectors/watchers.h"

namespace millrace {

// Writers, readers and handles of watches must go before the log does.
class BlockLog : public Log {
 public:
  BlockLog(BlockLogOptions options, std::unique_ptr<LogState> state);
  ~BlockLog() override;

  TopicDescription create(const TopicSpec& spec) override;
  void drop(TopicId topic) override;
  void retain(TopicId topic, const Retention& retention) override;
  std::optional<TopicDescription> describe(std::string_view name) const override;
  std::optional<TopicDescription> describe(TopicId topic) const override;
  std::vector<TopicDescription> list() const override;
  Offsets offsets(TopicId topic, int32_t partition) const override;
  int64_t known_end(TopicId topic, int32_t partition) const override { return offsets(topic, partition).end; }
  int64_t offset_at(TopicId topic, int32_t partition, int64_t time) const override;
  void trim(TopicId topic, int32_t partition, int64_t offset) override;
  std::shared_ptr<void> watch(Watcher watcher) override;
  std::unique_ptr<LogWriter> open_writer(const std::string& writer_id) override;
  std::unique_ptr<LogReader> open_reader(std::vector<Position> positions) override;
  int64_t last_sequence() const override;
  // For a while after records were refused for want of room.
  std::string trouble() const override;

  // Applies retention, compaction and merging as of now, as happens every maintenance_interval_ms: on a thread where
  // there is one, else after a commit. Safe to call from any thread.
  void maintain();

  void commit(CommitRequest request) { queue_.push(std::move(request)); }
  // Waits until what was given before is done, unless it is called from within that.
  void finish() {
    queue_.run([] {});
  }

 private:
  void handle(std::vector<CommitRequest> requests);
  // Its blocks with their places, to the admitted ones.
  CommitResult admit(CommitRequest& request, std::vector<RecordBlock>& admitted, LogChanges& changes);
  void add_blocks(std::vector<RecordBlock> blocks, LogChanges& changes, int64_t now);
  void add_block(RecordBlock block, LogChanges& changes, int64_t now);
  std::vector<TopicId> publish(const LogChanges& changes);
  void retract(const LogChanges& changes);
  void forget_old();
  void maintain_when_due();

  BlockLogOptions options_;
  std::unique_ptr<LogState> state_;
  Watchers watchers_;
  // The blocks in memory, oldest first; under the state's mutex.
  std::deque<std::pair<BlockKey, int64_t>> recent_;
  int64_t recent_bytes_ = 0;
  struct {
    std::string reason;
    std::chrono::steady_clock::time_point time;
  } refused_;  // the last time that there was no room; under the state's mutex

  int64_t maintained_ = 0;  // when, without a thread of its own
  std::mutex ending_mutex_;
  std::condition_variable ending_changed_;
  bool ending_ = false;

  CommitQueue queue_;  // before the state goes, its thread does
  LogMaintenance maintenance_;
  std::thread maintainer_;
};

}  // namespace millrace
