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
  // For the partitions that the topic has now: where a key's rows lie follows from their number.
  RowWriter(const Source& source, const Log& log);

  // Whether the topic has got partitions since: then another writer is wanted.
  bool outdated() const;
  // Records of these rows: columns as in the source's schema. A row whose key is null goes to the partition whose turn
  // it is, where `first` rows came before. A table's row is as it stands; there is no way here to write a tombstone.
  std::vector<RecordBlock> encode(std::vector<ColumnPtr> columns, ColumnPtr times, uint64_t first = 0);

 private:
  const Log& log_;
  TopicDescription topic_;
  std::unique_ptr<Sink> sink_;
};

}  // namespace millrace
