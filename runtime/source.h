// A stream or table as a query reads it: where its records lie and how they become rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/format.h"
#include "runtime/log.h"
#include "runtime/schema.h"

namespace millrace {

// What a source's WITH clause says about time.
struct TimestampColumn {
  size_t column = 0;   // in the schema
  std::string format;  // pattern for a VARCHAR; empty: ISO-8601
};

// Immutable; the catalog's definition, resolved against the log.
struct Source {
  uint64_t id = 0;  // of the definition: two definitions of one topic are two sources
  std::string name;
  bool table = false;
  TopicDescription topic;
  Schema schema;  // key columns flagged
  const Format* key_format = nullptr;
  const Format* value_format = nullptr;
  FormatOptions key_options, value_options;
  std::optional<TimestampColumn> timestamp;
  // A windowed key: the key's bytes, then the window's start, of sessions its end and its start, as 8 bytes big-endian
  // each. The window's length; of sessions it says nothing.
  std::optional<int64_t> window_size_ms;
  bool sessions = false;
};

// Columns of the rows read from a source: the schema's, then these.
enum class PseudoColumn : uint8_t { row_time, row_partition, row_offset, window_start, window_end };
inline constexpr size_t pseudo_column_count = 5;

// A record that violates its source's schema.
struct RejectedRecord {
  int32_t partition = 0;
  int64_t offset = 0;
  RowErrorCode code = RowErrorCode::malformed;
  std::string reason;
  std::string payload;  // the value's first bytes
};

}  // namespace millrace
