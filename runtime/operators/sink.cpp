#include "runtime/operators/sink.h"

#include <absl/base/internal/endian.h>

#include "runtime/event_time.h"
#include "runtime/partitioner.h"

namespace millrace {

namespace {

class TopicSink final : public Sink {
 public:
  explicit TopicSink(SinkOptions options)
      : options_(std::move(options)), keys_(options_.schema.key_indexes()), values_(options_.schema.value_indexes()) {
    key_encoder_ = options_.key_format->make_encoder(fields(keys_), true, options_.key_options);
    if (options_.timestamp) event_time_.emplace(*options_.timestamp, options_.schema);
    value_encoder_ = options_.value_format->make_encoder(fields(values_), false, options_.value_options);
  }

  void process(const Batch& batch, StepContext& step) override {
    if (options_.counts_used) step.counters.used += static_cast<int64_t>(batch.rows);
    step.counters.rows_out += static_cast<int64_t>(batch.rows);
    if (builders_.empty())
      for (int32_t p = 0; p < options_.topic.partitions; ++p) builders_.emplace_back(options_.topic.id.value, p);
    const EncodedRows keys = encode(*key_encoder_, keys_, batch);
    const EncodedRows values = encode(*value_encoder_, values_, batch);
    std::string windowed;
    RowErrors errors;
    for (size_t row = 0; row < batch.rows; ++row) {
      int64_t time = batch.time_at(row);
      if (event_time_ && batch.kind(row) == RowKind::row) {
        const auto read = event_time_->read(*batch.columns[event_time_->column()], row, errors);
        if (!read) continue;
        time = *read;
      }
      Bytes key = keys_.empty() ? null_bytes() : keys[row];
      const int32_t partition = is_null(key) ? batch.partition->at<int32_t>(row) % options_.topic.partitions
                                             : partition_of(key, options_.topic.partitions);
      if (options_.window_start) {
        windowed.assign(key);
        if (options_.sessions) append_time(batch.columns[*options_.window_start + 1]->at<int64_t>(row), windowed);
        append_time(batch.columns[*options_.window_start]->at<int64_t>(row), windowed);
        key = windowed;
      }
      const Bytes value = batch.kind(row) == RowKind::row ? values[row] : null_bytes();
      builders_[static_cast<size_t>(partition)].add(time, key, value);
    }
    step.report(batch, errors);
    bytes_ += keys.buffer.size() + values.buffer.size();
  }

  std::vector<RecordBlock> take_blocks() override {
    std::vector<RecordBlock> blocks;
    for (auto& builder : builders_)
      if (builder.size() > 0) blocks.push_back(builder.build());
    bytes_ = 0;
    return blocks;
  }
  size_t bytes() const override { return bytes_; }

 private:
  static void append_time(int64_t time, std::string& key) {
    char bytes[8];
    absl::big_endian::Store64(bytes, static_cast<uint64_t>(time));
    key.append(bytes, sizeof bytes);
  }
  std::vector<Field> fields(const std::vector<size_t>& indexes) const {
    std::vector<Field> out;
    for (size_t i : indexes) out.push_back(options_.schema[i]);
    return out;
  }
  static EncodedRows encode(Encoder& encoder, const std::vector<size_t>& indexes, const Batch& batch) {
    std::vector<ColumnPtr> columns;
    for (size_t i : indexes) columns.push_back(batch.columns[i]);
    EncodedRows rows;
    encoder.encode(columns, Selection(batch.rows), rows);
    return rows;
  }

  SinkOptions options_;
  std::vector<size_t> keys_, values_;
  std::optional<EventTime> event_time_;
  std::unique_ptr<Encoder> key_encoder_, value_encoder_;
  std::vector<RecordBlockBuilder> builders_;
  size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Sink> make_sink(SinkOptions options) { return std::make_unique<TopicSink>(std::move(options)); }

}  // namespace millrace
