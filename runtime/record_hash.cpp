#include <xxhash.h>

#include "runtime/log.h"

namespace millrace {

namespace {

uint64_t hash_bytes(Bytes bytes, uint64_t seed) {
  // Null takes another way than empty, which hashes no bytes.
  if (is_null(bytes)) return XXH3_64bits_withSeed("null", 4, ~seed);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace

uint64_t record_hash(Bytes key, Bytes value) { return hash_bytes(value, hash_bytes(key, 0)); }

void move_behind(Position& position, const RecordBlock& block, size_t record) {
  position.next = block.offsets[record] + 1;
  position.last_offset = block.offsets[record];
  position.last_timestamp = block.timestamps[record];
  position.last_hash = record_hash(block.keys[record], block.values[record]);
}

}  // namespace millrace
