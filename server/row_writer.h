// Rows from outside into a stream's topic: by INSERT VALUES and by insert streams.
#pragma once

#include <memory>
#include <vector>

#include "runtime/operators/sink.h"
#include "runtime/source.h"

namespace millrace {

// Belongs to one thread at a time.
class RowWriter {
 public:
  RowWriter(const Source& source, const Log& log);

  // Records of these rows: columns as in the source's schema. A row whose key is null goes to one partition after the
  // other. A table's row is as it stands; there is no way here to write a tombstone.
  std::vector<RecordBlock> encode(std::vector<ColumnPtr> columns, ColumnPtr times);

 private:
  std::unique_ptr<Sink> sink_;
  int32_t partitions_ = 0;
  int32_t next_partition_ = 0;
};

}  // namespace millrace
