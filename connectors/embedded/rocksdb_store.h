// Blocks and metadata in RocksDB.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "connectors/block_log/log_state.h"
#include "connectors/embedded_log.h"

namespace millrace {

class RocksDbStore : public BlockStore {
 public:
  // Opens or makes the database and fills the state with what it says. Throws what open_embedded_log() says.
  RocksDbStore(const EmbeddedLogOptions& options, LogState& state);
  ~RocksDbStore() override;

  WriteResult write(const LogChanges& changes) override;
  LoadedBlock load(const BlockKey& key) override;
  void reclaim() override;

 private:
  void open();
  void check_version();
  void restore(LogState& state);
  void restore_topics(LogState& state);
  void restore_blocks(LogState& state);
  void add_to(rocksdb::WriteBatch& batch, const LogChanges& changes);
  bool broken() const { return broken_.outcome != WriteResult::Outcome::written; }
  WriteResult failed(const rocksdb::Status& status);
  bool has_room(int64_t bytes) const;
  int64_t free_bytes() const;  // of the disk
  // The files that hold blocks: how many, and how many of their bytes belong to blocks that are gone.
  struct BlockFiles {
    uint64_t count = 0, bytes = 0, garbage = 0;
  };
  BlockFiles block_files() const;
  void sync_at_intervals();
  void sync();
  [[noreturn]] void throw_status(const std::string& doing, const rocksdb::Status& status) const;

  EmbeddedLogOptions options_;
  std::unique_ptr<rocksdb::Env> env_;  // over options_.file_system; null: the system's
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // the DB's own
  rocksdb::ColumnFamilyHandle* blocks_ = nullptr;
  rocksdb::ColumnFamilyHandle* metadata_ = nullptr;
  std::atomic<uint64_t> removed_ = 0;  // blocks since reclaim() compacted their keys
  uint64_t garbage_left_ = 0;          // bytes that the last reclaim() could not give back; the maintainer's
  uint64_t topic_next_ = 1;            // the next id
  std::deque<TopicId> dropped_;        // whose names are kept

  std::mutex writing_mutex_;  // guards what follows
  std::string encoded_;       // of the block being written
  WriteResult broken_;        // after a failure, until RocksDB goes on: what further writes are told
  std::chrono::steady_clock::time_point resume_at_;
  bool unsynced_ = false;

  std::mutex sync_mutex_;
  std::condition_variable sync_changed_;
  bool ending_ = false;
  std::thread syncer_;
};

}  // namespace millrace
