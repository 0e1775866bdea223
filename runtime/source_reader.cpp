#include "runtime/source_reader.h"

#include <absl/base/internal/endian.h>

#include <algorithm>

#include "runtime/event_time.h"

namespace millrace {

namespace {

// The records of several runs, side by side.
struct Records {
  std::vector<Bytes> keys, values;
  std::vector<int64_t> timestamps, offsets;
  std::vector<int32_t> partitions;

  explicit Records(const std::vector<RecordRun>& runs) {
    size_t count = 0;
    for (const RecordRun& run : runs) count += run.size();
    keys.reserve(count);
    values.reserve(count);
    timestamps.reserve(count);
    offsets.reserve(count);
    partitions.reserve(count);
    for (const RecordRun& run : runs) {
      auto add = [&run](auto& to, const auto& from) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(run.begin),
                  from.begin() + static_cast<std::ptrdiff_t>(run.end));
      };
      add(keys, run.block->keys);
      add(values, run.block->values);
      add(timestamps, run.block->timestamps);
      add(offsets, run.block->offsets);
      partitions.insert(partitions.end(), run.size(), run.block->partition);
    }
  }
  size_t size() const { return timestamps.size(); }
};

template <class T>
ColumnPtr column_of(const Type& type, const std::vector<T>& values) {
  auto column = std::make_shared<Column>(type, values.size());
  std::copy(values.begin(), values.end(), column->template values<T>());
  return column;
}

struct WindowBounds {
  std::shared_ptr<Column> starts, ends;
};

int64_t take_time(Bytes& key) {
  const size_t rest = key.size() - sizeof(int64_t);
  const auto time = static_cast<int64_t>(absl::big_endian::Load64(key.data() + rest));
  key = rest == 0 ? empty_bytes() : key.substr(0, rest);
  return time;
}

// Takes the bounds of the windows off the keys' ends, see Source::window_size_ms.
WindowBounds split_windows(const Source& source, std::vector<Bytes>& keys, RowErrors& rejected) {
  WindowBounds bounds{std::make_shared<Column>(bigint_type, keys.size()),
                      std::make_shared<Column>(bigint_type, keys.size())};
  const size_t suffix = (source.sessions ? 2 : 1) * sizeof(int64_t);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (is_null(keys[i]) || keys[i].size() < suffix) {
      rejected.add(i, RowErrorCode::malformed,
                   source.sessions ? "the key does not end with a session's end and start of 8 bytes each"
                                   : "the key does not end with a window's start of 8 bytes");
      keys[i] = null_bytes();
      continue;
    }
    const int64_t start = take_time(keys[i]);
    const int64_t end = source.sessions ? take_time(keys[i]) : start;
    if (!is_event_time(start) || !is_event_time(end)) {
      rejected.add(i, RowErrorCode::bad_timestamp, "the key ends with no window from 1970 to 9999");
      continue;
    }
    bounds.starts->set(i, start);
    bounds.ends->set(i, source.sessions ? end : start + *source.window_size_ms);
  }
  return bounds;
}

// The blocks that the runs are of, each once.
std::vector<RecordBlockPtr> blocks_of(const std::vector<RecordRun>& runs) {
  std::vector<RecordBlockPtr> blocks;
  for (const RecordRun& run : runs) blocks.push_back(run.block);
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  return blocks;
}

std::string excerpt(Bytes bytes, size_t size) {
  return is_null(bytes) ? std::string() : std::string(bytes.substr(0, size));
}

}  // namespace

struct SourceReader::Decoders {
  std::unique_ptr<Decoder> key, value;
  std::vector<size_t> key_columns, value_columns;  // of the schema
  std::optional<EventTime> event_time;
};

SourceReader::SourceReader(Log& log, std::shared_ptr<const Source> source, Limits limits)
    : log_(log), source_(std::move(source)), limits_(limits), needed_(source_->schema.size(), false) {}

SourceReader::~SourceReader() = default;

void SourceReader::need(const std::vector<bool>& columns) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < columns.size(); ++i) needed_[i] = needed_[i] || columns[i];
  if (source_->timestamp) needed_[source_->timestamp->column] = true;
}

SourceReader::Next SourceReader::next(const std::vector<Position>& positions) {
  auto same_place = [&](const std::vector<Position>& other) {
    return std::equal(positions.begin(), positions.end(), other.begin(), other.end(),
                      [](const Position& a, const Position& b) { return a.next == b.next; });
  };
  const std::lock_guard lock(mutex_);
  for (auto at = recent_.begin(); at != recent_.end(); ++at) {
    if (!same_place((*at)->before)) continue;
    if ((*at)->columns == needed_) return {.chunk = *at};
    recent_.erase(at);  // made before somebody needed more
    break;
  }
  const std::vector<RecordRun> runs = read(positions);
  if (runs.empty()) return {.at_end = reader_->at_end()};
  auto chunk = decode(runs, positions);
  recent_.push_back(chunk);
  if (recent_.size() > limits_.chunks_kept) recent_.pop_front();
  return {.chunk = std::move(chunk)};
}

// Up to the limits; what a run has beyond them is left for the chunk that follows.
std::vector<RecordRun> SourceReader::read(const std::vector<Position>& positions) {
  const bool follows = reader_ && std::equal(positions.begin(), positions.end(), reader_at_.begin(), reader_at_.end(),
                                             [](const Position& a, const Position& b) { return a.next == b.next; });
  if (!follows) {
    left_.clear();
    if (!reader_ || reader_at_.size() != positions.size()) {
      reader_ = log_.open_reader(positions);
    } else {
      for (const Position& position : positions) reader_->seek(position);
    }
    reader_at_ = positions;
  }
  std::vector<RecordRun> runs;
  size_t rows = 0;
  size_t bytes = 0;
  while (rows < limits_.rows && bytes < limits_.bytes) {
    if (left_.empty()) left_ = reader_->read(limits_.bytes - bytes, std::chrono::steady_clock::time_point{});
    if (left_.empty()) break;
    size_t used = 0;
    while (used < left_.size() && rows < limits_.rows && bytes < limits_.bytes) {
      RecordRun run = left_[used];
      const size_t room = limits_.rows - rows;
      if (run.size() > room) {
        run.end = run.begin + room;
        left_[used].begin = run.end;
      } else {
        ++used;
      }
      rows += run.size();
      bytes += run.bytes();
      runs.push_back(std::move(run));
    }
    left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(used));
  }
  return runs;
}

std::shared_ptr<SourceChunk> SourceReader::decode(const std::vector<RecordRun>& runs,
                                                  const std::vector<Position>& positions) {
  if (!decoders_) {
    decoders_ = std::make_unique<Decoders>();
    decoders_->key_columns = source_->schema.key_indexes();
    decoders_->value_columns = source_->schema.value_indexes();
    auto fields = [&](const std::vector<size_t>& indexes) {
      std::vector<Field> out;
      for (size_t i : indexes) out.push_back(source_->schema[i]);
      return out;
    };
    decoders_->key = source_->key_format->make_decoder(fields(decoders_->key_columns), true, source_->key_options);
    decoders_->value =
        source_->value_format->make_decoder(fields(decoders_->value_columns), false, source_->value_options);
  }
  if (source_->timestamp && !decoders_->event_time) decoders_->event_time.emplace(*source_->timestamp, source_->schema);
  Records records(runs);
  const std::vector<RecordBlockPtr> blocks = blocks_of(runs);
  const std::vector<Bytes> stored_values = records.values;
  auto chunk = std::make_shared<SourceChunk>();
  chunk->records = records.size();
  chunk->columns = needed_;
  RowErrors rejected(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    chunk->bytes += records.keys[i].size() + records.values[i].size();
    if (source_->table && is_null(records.keys[i]))
      rejected.add(i, RowErrorCode::null_key, "a row of a table needs its primary key, the record's key is null");
    if (records.values[i].size() + records.keys[i].size() <= limits_.record_bytes_max) continue;
    rejected.add(i, RowErrorCode::too_large,
                 "the record has " + std::to_string(records.values[i].size() + records.keys[i].size()) +
                     " bytes, more than record.bytes.max (" + std::to_string(limits_.record_bytes_max) + ")");
    records.values[i] = null_bytes();
    records.keys[i] = null_bytes();
  }

  Batch& batch = chunk->batch;
  batch.rows = records.size();
  const size_t width = source_->schema.size();
  batch.columns.resize(width + pseudo_column_count);
  if (source_->window_size_ms) {
    WindowBounds bounds = split_windows(*source_, records.keys, rejected);
    batch.columns[width + static_cast<size_t>(PseudoColumn::window_start)] = std::move(bounds.starts);
    batch.columns[width + static_cast<size_t>(PseudoColumn::window_end)] = std::move(bounds.ends);
  }
  auto decode_side = [&](Decoder& decoder, const std::vector<size_t>& indexes, const std::vector<Bytes>& payloads) {
    std::vector<std::shared_ptr<Column>> columns;
    for (size_t i : indexes) {
      if (!needed_[i]) {
        columns.push_back(nullptr);
        continue;
      }
      const Type& type = source_->schema[i].type;
      columns.push_back(std::make_shared<Column>(type, type.is_nested() ? 0 : records.size()));
    }
    decoder.decode(payloads, columns, rejected);
    for (const auto& column : columns)
      if (column)
        for (const auto& block : blocks) column->pin(block);
    for (size_t i = 0; i < indexes.size(); ++i) batch.columns[indexes[i]] = std::move(columns[i]);
  };
  decode_side(*decoders_->key, decoders_->key_columns, records.keys);
  decode_side(*decoders_->value, decoders_->value_columns, records.values);

  auto kinds = std::make_shared<std::vector<RowKind>>(records.size(), RowKind::row);
  bool any_null = false;
  for (size_t i = 0; i < records.size(); ++i) {
    if (!is_null(stored_values[i])) continue;
    (*kinds)[i] = source_->table ? RowKind::tombstone : RowKind::null_value;
    any_null = true;
  }
  if (any_null) batch.kinds = kinds;
  if (source_->timestamp) read_times(batch, records.timestamps, rejected);
  for (size_t i = 0; i < records.size(); ++i)
    if (!is_event_time(records.timestamps[i])) {
      rejected.add(i, RowErrorCode::bad_timestamp,
                   "the record's time " + std::to_string(records.timestamps[i]) + " does not lie from 1970 to 9999");
      records.timestamps[i] = 0;
    }

  batch.time = column_of(bigint_type, records.timestamps);
  batch.partition = column_of(integer_type, records.partitions);
  batch.offset = column_of(bigint_type, records.offsets);
  batch.columns[width + static_cast<size_t>(PseudoColumn::row_time)] = batch.time;
  batch.columns[width + static_cast<size_t>(PseudoColumn::row_partition)] = batch.partition;
  batch.columns[width + static_cast<size_t>(PseudoColumn::row_offset)] = batch.offset;

  chunk->before = positions;
  chunk->after = positions;
  chunk->runs = runs;
  std::vector<const RecordRun*> last(positions.size(), nullptr);
  for (const RecordRun& run : runs) last[static_cast<size_t>(run.block->partition)] = &run;
  for (const RecordRun* run : last)
    if (run != nullptr)
      move_behind(chunk->after[static_cast<size_t>(run->block->partition)], *run->block, run->end - 1);
  reader_at_ = chunk->after;
  if (rejected.count() == 0) return chunk;

  // One entry per record, in order; then the rows that are left.
  std::vector<const RowError*> bad(records.size(), nullptr);
  for (const RowError& error : rejected.errors())
    if (bad[error.row] == nullptr) bad[error.row] = &error;
  std::vector<uint32_t> good;
  for (uint32_t i = 0; i < records.size(); ++i) {
    if (bad[i] == nullptr) {
      good.push_back(i);
    } else {
      chunk->rejected.push_back({records.partitions[i], records.offsets[i], bad[i]->code, bad[i]->reason,
                                 excerpt(stored_values[i], limits_.payload_bytes_kept)});
    }
  }
  batch = batch.gather(good);
  return chunk;
}

void SourceReader::read_times(const Batch& batch, std::vector<int64_t>& timestamps, RowErrors& rejected) const {
  const EventTime& event_time = *decoders_->event_time;
  const Column& column = *batch.columns[event_time.column()];
  for (size_t i = 0; i < timestamps.size(); ++i) {
    if (batch.kind(i) != RowKind::row) continue;
    if (const auto time = event_time.read(column, i, rejected)) timestamps[i] = *time;
  }
}

std::vector<Position> earliest_positions(const Log& log, const TopicDescription& topic) {
  std::vector<Position> positions;
  for (int32_t p = 0; p < topic.partitions; ++p) positions.push_back({topic.id, p, log.offsets(topic.id, p).first});
  return positions;
}

std::vector<Position> latest_positions(const Log& log, const TopicDescription& topic) {
  std::vector<Position> positions;
  for (int32_t p = 0; p < topic.partitions; ++p) positions.push_back({topic.id, p, log.offsets(topic.id, p).end});
  return positions;
}

}  // namespace millrace
