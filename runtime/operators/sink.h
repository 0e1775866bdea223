// The end of a persistent query: rows become records of its output topic.
#pragma once

#include <optional>

#include "runtime/format.h"
#include "runtime/log.h"
#include "runtime/operator.h"
#include "runtime/source.h"

namespace millrace {

struct SinkOptions {
  TopicDescription topic;
  Schema schema;  // of the rows: columns in this order
  const Format* key_format = nullptr;
  const Format* value_format = nullptr;
  FormatOptions key_options, value_options;
  // Of a windowed result the column of the window's start, after the schema's; the next one is its end. The key ends
  // with the start, of a session with the end and the start, as 8 bytes big-endian each.
  std::optional<size_t> window_start;
  bool sessions = false;
  // The column of the schema that gives a record's timestamp; absent: the row's event time.
  std::optional<TimestampColumn> timestamp;
  bool counts_used = true;  // rows here are source rows: they raise `used`
};

class Sink : public Operator {
 public:
  // The records since the last call, one block per partition that got any.
  virtual std::vector<RecordBlock> take_blocks() = 0;
  virtual size_t bytes() const = 0;
};

// A row whose timestamp column gives no time is left out and reported. A record's partition is its key's (without the
// window); without a key it is the source record's.
std::unique_ptr<Sink> make_sink(SinkOptions options);

}  // namespace millrace
