// How a block lies on disk.
//
// Little-endian: version (1 byte), flags (1), two zero bytes, pieces (4), checksum of what follows (8), records (4),
// then
//   per piece   sequence (8), first offset (8), records (4)
//   per record  timestamps (8 each); offsets (8 each) if some piece has gaps; lengths of keys, of values and, if some
//   record
//               has any, of headers (4 each, -1: null)
//   bytes       all keys, all values, all headers
#pragma once

#include <optional>
#include <string>

#include "connectors/block_log/block_store.h"

namespace millrace {

// Appends to `out`. The checksum covers the key as well: a block found under another's key is corrupt.
void encode_block(const NewBlock& block, std::string& out);

// Checks the checksum and every length. The pieces' views point into `stored`, which `pin` keeps alive. Absent where
// the bytes are not the block that was stored under the key.
std::optional<std::vector<RecordBlockPtr>> decode_block(Bytes stored, const BlockKey& key,
                                                        const std::shared_ptr<const void>& pin);

}  // namespace millrace
