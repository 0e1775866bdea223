// Headers of a record: names, not unique, each with bytes or null. They lie encoded in RecordBlock::headers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/record_block.h"

namespace millrace {

// Views: name and value point into what they were decoded from, or what the caller keeps alive.
struct RecordHeader {
  Bytes name;
  Bytes value;  // may be null
};

// Per header: length of the name, name, length of the value + 1 (0: null), value; lengths are LEB128 varints. An empty
// list encodes as empty bytes.
std::string encode_record_headers(const std::vector<RecordHeader>& headers);

// Null and empty bytes have no headers. Absent where the bytes are not such a list.
std::optional<std::vector<RecordHeader>> decode_record_headers(Bytes bytes);

}  // namespace millrace
