// The state that the parts of a log share, under one mutex. Only the commit queue changes topics, ends and sequence;
// trimming and eviction happen on any thread.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/block_log/block_store.h"
#include "connectors/block_log/partition.h"

namespace millrace {

struct LogState {
  mutable std::mutex mutex;
  std::condition_variable changed;  // ends moved, topics went, readers were woken
  TopicTable topics;
  uint64_t topic_next = 1;
  int64_t sequence = 0;                     // of the last visible block
  int64_t sequence_assigned = 0;            // of the last block given one
  std::map<std::string, uint64_t> writers;  // by id: the number of the latest owner
  // Blocks that are gone from the index and still to be removed from the store.
  std::vector<BlockKey> removals;
  std::unique_ptr<BlockStore> store;
};

// The pieces of the block that holds the first record at `offset` or above; empty where there is none below `end`.
// Takes the mutex, and no lock while the store reads. Throws what the store throws, and Error{position_lost,
// topic_unknown}.
std::vector<RecordBlockPtr> load_block(LogState& state, TopicId topic, int32_t partition, int64_t offset, int64_t end);

// Drops the blocks that end below `offset`; they leave the store with the next changes. Needs the mutex.
void trim_below(LogState& state, TopicId topic, int32_t partition, int64_t offset);

// Adds to the changes what is to be removed from the store. Needs the mutex.
void take_removals(LogState& state, LogChanges& changes);

// Throws Error{position_lost} where the position's topic, partition or offset is not in the log. Needs the mutex.
void check_position(const TopicTable& topics, const Position& position);

}  // namespace millrace
