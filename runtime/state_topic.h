// The records of the state topic: progress, delta blocks and images, what was rejected, and the end of a query.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/record_block.h"
#include "runtime/step.h"

namespace millrace {

// Offsets of each partition of a source whose rejected records are in the errors stream already: disjoint, ascending.
class OffsetRanges {
 public:
  bool contains(int64_t offset) const;
  void add(int64_t begin, int64_t end);
  const std::map<int64_t, int64_t>& ranges() const { return ranges_; }

 private:
  std::map<int64_t, int64_t> ranges_;  // begin → end
};
using RejectedCover = std::map<int32_t, OffsetRanges>;  // per partition

// One record, decoded. Every record has a version; one that this program does not know is Error{state_unreadable}.
struct StateRecord {
  enum class Kind : uint8_t { progress = 'P', block = 'B', cover = 'R', ended = 'X' };
  Kind kind = Kind::progress;
  std::string_view query;  // but for cover
  Progress progress;       // progress
  uint8_t container = 0;   // block
  int64_t step = 0;        // block: of the step that wrote it
  uint8_t bucket = 0;      // block
  bool image_start = false, image = false;
  std::string_view bytes;  // block
  uint64_t source = 0;     // cover
  RejectedCover cover;     // cover
};

struct EncodedRecord {
  std::string key, value;
};

EncodedRecord encode_progress(std::string_view query, const Progress& progress);
EncodedRecord encode_block(std::string_view query, int64_t step, uint8_t container, const StateBlock& block);
EncodedRecord encode_cover(uint64_t source, const RejectedCover& cover);
EncodedRecord encode_ended(std::string_view query);
// The views point into the record.
StateRecord decode_state_record(Bytes key, Bytes value);

}  // namespace millrace
