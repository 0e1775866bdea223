#include "server/row_writer.h"

namespace millrace {

RowWriter::RowWriter(const Source& source, const Log& log)
    : log_(log), topic_(log.describe(source.topic.id).value_or(source.topic)) {
  SinkOptions options;
  options.topic = topic_;
  options.schema = source.schema;
  options.key_format = source.key_format;
  options.value_format = source.value_format;
  options.key_options = source.key_options;
  options.value_options = source.value_options;
  sink_ = make_sink(std::move(options));
}

bool RowWriter::outdated() const {
  const auto now = log_.describe(topic_.id);
  return now && now->partitions != topic_.partitions;
}

std::vector<RecordBlock> RowWriter::encode(std::vector<ColumnPtr> columns, ColumnPtr times, uint64_t first) {
  Batch batch;
  batch.rows = times->size();
  batch.columns = std::move(columns);
  batch.time = std::move(times);
  auto partitions = std::make_shared<Column>(integer_type, batch.rows);
  for (size_t row = 0; row < batch.rows; ++row)
    partitions->set(row, static_cast<int32_t>((first + row) % static_cast<uint64_t>(topic_.partitions)));
  batch.partition = std::move(partitions);
  batch.offset = Column::constant(bigint_type, batch.rows);
  StepContext step;
  sink_->process(batch, step);
  return sink_->take_blocks();
}

}  // namespace millrace
