// What a log knows in memory of its topics and of the blocks of each partition.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/log.h"

namespace millrace {

// One stored block. Sizes count payload and what a record costs besides.
struct BlockEntry {
  int64_t first = 0;  // offsets of its first and last record
  int64_t last = 0;
  int64_t sequence = 0;  // of its first record; a block that was merged from several has more of them
  int64_t timestamp_max = 0;
  int64_t appended = 0;  // milliseconds since 1970 by the log's clock, of its youngest record
  int64_t bytes = 0;
  RecordBlockPtr block;  // null: only in the store
};

struct BlockKey {
  TopicId topic;
  int32_t partition = 0;
  int64_t first = 0;
  bool operator==(const BlockKey&) const = default;
};

struct Partition {
  int64_t start = 0;     // positions below it are lost
  int64_t end = 0;       // one past the last committed record
  int64_t assigned = 0;  // one past the last record given an offset; > end while a commit is being written
  int64_t bytes = 0;
  std::deque<BlockEntry> blocks;  // ascending offsets

  int64_t merged = 0;  // small blocks below it were looked at
  // Odd while the store has blocks that were rewritten and the index has not; it grows with each begin and end.
  uint64_t rewrites = 0;

  // How far compaction has come: every key occurs once below `compacted`, and the oldest tombstone left was stored
  // then.
  int64_t compacted = 0;
  int64_t tombstone_oldest = std::numeric_limits<int64_t>::max();

  // The first block that has a record at `offset` or above.
  std::deque<BlockEntry>::iterator find(int64_t offset);
  std::deque<BlockEntry>::const_iterator find(int64_t offset) const;

  void append(BlockEntry entry);
  // Forgets the blocks that end below `offset`, and moves the start to where the rest begins. Returns what is gone.
  std::vector<BlockEntry> drop_below(int64_t offset);
};

struct Topic {
  TopicDescription description;
  std::vector<Partition> partitions;
};

class TopicTable {
 public:
  Topic* find(TopicId id);
  const Topic* find(TopicId id) const;
  const Topic* find(std::string_view name) const;
  // Throw Error{topic_unknown}.
  Topic& at(TopicId id);
  const Topic& at(TopicId id) const;
  const Partition& partition(TopicId id, int32_t partition) const;

  void add(Topic topic);
  // The name of a dropped topic is kept for messages, of the last dropped_max of them.
  void remove(TopicId id);
  void add_dropped(TopicId id, std::string name);
  std::optional<std::string> dropped_name(TopicId id) const;

  std::map<TopicId, Topic>& all() { return topics_; }
  const std::map<TopicId, Topic>& all() const { return topics_; }

  static constexpr size_t dropped_max = 1000;

 private:
  std::map<TopicId, Topic> topics_;
  std::map<std::string, TopicId, std::less<>> names_;
  std::map<TopicId, std::string> dropped_;
};

// "flights[3]"
std::string partition_name(const Topic& topic, int32_t partition);

}  // namespace millrace
