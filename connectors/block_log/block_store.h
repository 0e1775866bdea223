// Where blocks lie durably. The log above it keeps topics and the index of blocks in memory and asks this for the rest.
#pragma once

#include <string>
#include <vector>

#include "connectors/block_log/partition.h"

namespace millrace {

// A block to be stored: what it holds, in one piece or, merged from several, in pieces of ascending offsets and
// sequence.
struct NewBlock {
  TopicId topic;
  int32_t partition = 0;
  BlockEntry entry;
  std::vector<RecordBlockPtr> pieces;
};

struct PartitionBounds {
  TopicId topic;
  int32_t partition = 0;
  int64_t start = 0;
  int64_t end = 0;
};

// What changes at once. A block that is removed may be added again under the same key.
struct LogChanges {
  std::vector<TopicDescription> created;
  std::vector<TopicDescription> dropped;  // with all blocks
  std::vector<BlockKey> removed;
  std::vector<PartitionBounds> bounds;  // of the partitions that blocks were removed from
  std::vector<NewBlock> added;
  int64_t sequence = 0;     // of the last block committed so far
  int64_t room_needed = 0;  // bytes of records; 0: what is tried also when there is no room
  bool lasting = false;     // commits: it is on the disk before it is answered; housekeeping may be lost

  bool empty() const {
    return created.empty() && dropped.empty() && removed.empty() && bounds.empty() && added.empty();
  }
};

struct WriteResult {
  enum class Outcome {
    written,
    refused,  // nothing of it is there
    unknown,  // it may appear when the log is opened again
  };
  Outcome outcome = Outcome::written;
  bool full = false;  // refused since there is no room
  std::string reason;
};

struct LoadedBlock {
  std::vector<RecordBlockPtr> pieces;  // empty: there is none under this key, or it is corrupt
  std::string corrupt;                 // why it cannot be read; empty: it can
};

// write() comes from one thread at a time, load() from any at any time.
class BlockStore {
 public:
  virtual ~BlockStore() = default;

  virtual WriteResult write(const LogChanges& changes) = 0;
  // The pieces of a stored block. Throws Error{log_failed}.
  virtual LoadedBlock load(const BlockKey& key) = 0;
  // Gives back what removed blocks still take, where room is short. May take long; any thread.
  virtual void reclaim() {}
  // False: every block must stay in memory, in one piece.
  virtual bool keeps() const { return true; }
};

// Keeps nothing: for a log whose blocks stay in memory.
class NoStore : public BlockStore {
 public:
  WriteResult write(const LogChanges&) override { return {}; }
  LoadedBlock load(const BlockKey&) override { return {}; }
  bool keeps() const override { return false; }
};

}  // namespace millrace
