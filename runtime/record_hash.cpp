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

}  // namespace millrace
