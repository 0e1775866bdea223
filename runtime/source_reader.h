// Reads and decodes a source once for all pipelines that are at the same place.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/batch.h"
#include "runtime/log.h"
#include "runtime/source.h"

namespace millrace {

// Some records in the log's order, decoded. Columns nobody asked for are null pointers.
struct SourceChunk {
  std::vector<Position> before, after;  // of every partition, ascending
  Batch batch;                          // schema columns, then the pseudo columns
  std::vector<bool> columns;            // which are there
  std::vector<RejectedRecord> rejected;
  size_t records = 0;  // == batch.rows + rejected.size()
  size_t bytes = 0;
  std::vector<RecordRun> runs;  // what it was made of, in order
};

// Safe to call from any thread; one reads at a time, so that those who wait for the same chunk share it.
class SourceReader {
 public:
  struct Limits {
    size_t rows = 8192;
    size_t bytes = 4 << 20;
    size_t chunks_kept = 16;
    size_t record_bytes_max = 8 << 20;  // larger values are rejected
    size_t payload_bytes_kept = 1024;   // of a rejected record
  };

  SourceReader(Log& log, std::shared_ptr<const Source> source, Limits limits);
  ~SourceReader();

  const Source& source() const { return *source_; }
  // From now on chunks hold these columns too.
  void need(const std::vector<bool>& columns);
  struct Next {
    std::shared_ptr<const SourceChunk> chunk = nullptr;  // null: there is nothing yet
    bool at_end = false;  // without a chunk: nothing was there, rather than on its way; see LogReader::at_end()
  };
  // What follows these positions. Throws Error{position_lost}, Error{log_corrupt}.
  Next next(const std::vector<Position>& positions);

 private:
  struct Decoders;

  std::vector<RecordRun> read(const std::vector<Position>& positions);
  void read_times(const Batch& batch, std::vector<int64_t>& timestamps, RowErrors& rejected) const;
  std::shared_ptr<SourceChunk> decode(const std::vector<RecordRun>& runs, const std::vector<Position>& positions);

  Log& log_;
  std::shared_ptr<const Source> source_;
  Limits limits_;
  std::mutex mutex_;
  std::vector<bool> needed_;
  std::unique_ptr<Decoders> decoders_;
  std::unique_ptr<LogReader> reader_;
  std::vector<Position> reader_at_;  // where reader_ goes on, after `left_`
  std::vector<RecordRun> left_;      // read but not used yet; follow the last chunk's end
  std::deque<std::shared_ptr<const SourceChunk>> recent_;
};

// Positions of all partitions of a topic at a given place.
std::vector<Position> earliest_positions(const Log& log, const TopicDescription& topic);
std::vector<Position> latest_positions(const Log& log, const TopicDescription& topic);

}  // namespace millrace
