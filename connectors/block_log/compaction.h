// Which records and blocks a topic's retention lets go. Pure: no log, no clock.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <utility>

#include "connectors/block_log/partition.h"

namespace millrace {

// Blocks that end below the result are to go: those whose largest timestamp is out of time, and the oldest while there
// are more bytes than allowed. Time may take every block, size leaves the newest.
int64_t retention_cut(const Partition& partition, const Retention& retention, int64_t now);

// The last offset of every key seen, by a 128-bit hash of the key.
class LatestOffsets {
 public:
  void add(const RecordBlock& block);
  bool superseded(Bytes key, int64_t offset) const;
  size_t size() const { return latest_.size(); }

 private:
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, int64_t> latest_;
};

// What compaction leaves of a block. Records without a key stay.
struct CompactedBlock {
  RecordBlockPtr block;     // the same where all stays, null where nothing does; else with bytes of its own
  bool tombstones = false;  // some are left
};

CompactedBlock compact(const RecordBlockPtr& block, const LatestOffsets& latest, bool drop_tombstones);

// What a block is counted as: payload and what its records cost besides.
int64_t stored_bytes(const RecordBlock& block);

// Of the pieces of one block, of which there is at least one.
BlockEntry make_entry(const std::vector<RecordBlockPtr>& pieces, int64_t appended);

}  // namespace millrace
