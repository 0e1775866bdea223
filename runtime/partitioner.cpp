#include "runtime/partitioner.h"

#include <cstring>

namespace millrace {

// Austin Appleby's MurmurHash2 (public domain algorithm); seed and byte order are Kafka's.
uint32_t murmur2(Bytes bytes) {
  constexpr uint32_t m = 0x5BD1E995;
  constexpr uint32_t seed = 0x9747B28C;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  uint32_t h = seed ^ static_cast<uint32_t>(left);
  for (; left >= 4; data += 4, left -= 4) {
    uint32_t k;
    std::memcpy(&k, data, 4);
    k *= m;
    k ^= k >> 24;
    k *= m;
    h *= m;
    h ^= k;
  }
  if (left >= 3) h ^= static_cast<uint32_t>(data[2]) << 16;
  if (left >= 2) h ^= static_cast<uint32_t>(data[1]) << 8;
  if (left >= 1) {
    h ^= data[0];
    h *= m;
  }
  h ^= h >> 13;
  h *= m;
  return h ^ (h >> 15);
}

int32_t partition_of(Bytes key, int32_t partitions) {
  return static_cast<int32_t>(murmur2(key) & 0x7FFFFFFF) % partitions;
}

}  // namespace millrace
