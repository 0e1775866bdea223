// Records of one partition as they lie in the log: the unit that logs store, read and commit.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

// Bytes of a record's key, value or headers. Null and empty are different things: null has no data().
using Bytes = std::string_view;

inline bool is_null(Bytes bytes) { return bytes.data() == nullptr; }
inline Bytes null_bytes() { return {}; }
// Empty, but not null.
inline Bytes empty_bytes() { return ""; }

// Immutable once made. All arrays have size() entries. The views point into what `pin` keeps alive.
//
// Before a commit a block has no offsets, `offsets` is empty and `sequence` is 0: the log assigns both. In a block that
// was read the offsets ascend, gaps allowed.
struct RecordBlock {
  uint64_t topic = 0;  // TopicId::value
  int32_t partition = 0;
  // Orders blocks over the whole log where the log has such an order (embedded, memory): every block of every commit
  // gets the next number, in the order in which the commit lists them; what was made one of several has the last one's.
  // 0: the log has none.
  int64_t sequence = 0;
  std::vector<int64_t> offsets;
  std::vector<int64_t> timestamps;  // milliseconds since 1970; event time as the producer gave it
  std::vector<Bytes> keys;
  std::vector<Bytes> values;
  std::vector<Bytes>
      headers;  // empty: no record has any; else per record, encoded by headers.h, null where it has none
  std::shared_ptr<const void> pin;

  size_t size() const { return timestamps.size(); }
  // Payload only: keys, values and headers.
  size_t bytes() const;
  // The records [begin, end), sharing the bytes.
  RecordBlock slice(size_t begin, size_t end) const;
};

using RecordBlockPtr = std::shared_ptr<const RecordBlock>;

// Records of a block that lie behind each other, at least one: what a log reads.
struct RecordRun {
  RecordRun(RecordBlockPtr of, size_t first, size_t behind) : block(std::move(of)), begin(first), end(behind) {}

  size_t size() const { return end - begin; }
  // Payload only: keys, values and headers.
  size_t bytes() const;
  int64_t first_offset() const { return block->offsets[begin]; }
  int64_t last_offset() const { return block->offsets[end - 1]; }

  RecordBlockPtr block;
  size_t begin = 0, end = 0;  // in the block's arrays
};

// Collects records whose bytes it copies into one buffer of its own.
class RecordBlockBuilder {
 public:
  RecordBlockBuilder(uint64_t topic, int32_t partition) : topic_(topic), partition_(partition) {}

  void add(int64_t timestamp, Bytes key, Bytes value, Bytes headers = {});
  size_t size() const { return entries_.size(); }
  size_t bytes() const { return buffer_.size(); }

  // The block, and a builder that is empty again.
  RecordBlock build();

 private:
  struct Entry {
    int64_t timestamp;
    int64_t key, value, headers;  // lengths, -1 for null
  };
  uint64_t topic_;
  int32_t partition_;
  std::string buffer_;
  std::vector<Entry> entries_;
};

}  // namespace millrace
