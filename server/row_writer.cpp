#include "server/row_writer.h"

namespace millrace {

// The topic may have got partitions since the source was made; where a key's rows lie follows from those that it has
// now.
RowWriter::RowWriter(const Source& source, const Log& log) {
  SinkOptions options;
  options.topic = log.describe(source.topic.id).value_or(source.topic);
  partitions_ = options.topic.partitions;
  options.schema = source.schema;
  options.key_format = source.key_format;
  options.value_format = source.value_format;
  options.key_options = source.key_options;
  options.value_options = source.value_options;
  sink_ = make_sink(std::move(options));
}

std::vector<RecordBlock> RowWriter::encode(std::vector<ColumnPtr> columns, ColumnPtr times) {
  Batch batch;
  batch.rows = times->size();
  batch.columns = std::move(columns);
  batch.time = std::move(times);
  auto partitions = std::make_shared<Column>(integer_type, batch.rows);
  for (size_t row = 0; row < batch.rows; ++row) {
    partitions->set(row, next_partition_);
    next_partition_ = (next_partition_ + 1) % partitions_;
  }
  batch.partition = std::move(partitions);
  batch.offset = Column::constant(bigint_type, batch.rows);
  StepContext step;
  sink_->process(batch, step);
  return sink_->take_blocks();
}

}  // namespace millrace
