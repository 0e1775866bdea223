// Which partition a key belongs to, as Kafka's own clients decide it.
#pragma once

#include <cstdint>

#include "runtime/record_block.h"

namespace millrace {

// MurmurHash2, 32 bits, with Kafka's seed.
uint32_t murmur2(Bytes bytes);
// The key must not be null.
int32_t partition_of(Bytes key, int32_t partitions);

}  // namespace millrace
