#include "runtime/error_rows.h"

namespace millrace {

const Schema& error_schema() {
  static const Schema schema({{"TIME", timestamp_type},
                              {"QUERY", varchar_type},
                              {"STREAM", varchar_type},
                              {"TOPIC", varchar_type},
                              {"PARTITION", integer_type},
                              {"OFFSET", bigint_type},
                              {"CODE", varchar_type},
                              {"REASON", varchar_type},
                              {"PAYLOAD", bytes_type}});
  return schema;
}

void ErrorRows::add(const Source& source, const RejectedRecord& record, int64_t time) {
  rows_.push_back({time, std::nullopt, source.name, source.topic.name, record.partition, record.offset, record.code,
                   record.reason, record.payload});
}

void ErrorRows::add(const Source& source, std::string_view query, const FailedRow& row, int64_t time) {
  rows_.push_back({time, std::string(query), source.name, source.topic.name, row.partition, row.offset, row.code,
                   row.reason, std::nullopt});
}

RecordBlock ErrorRows::encode(TopicId topic, const Format& format) const {
  std::vector<std::shared_ptr<Column>> columns;
  for (const Field& field : error_schema().fields())
    columns.push_back(std::make_shared<Column>(field.type, rows_.size()));
  auto text = [&](size_t column, size_t row, std::string_view value) {
    columns[column]->set(row, columns[column]->keep(value));
  };
  auto maybe_text = [&](size_t column, size_t row, const std::optional<std::string>& value) {
    if (value) {
      text(column, row, *value);
    } else {
      columns[column]->set_null(row);
    }
  };
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    columns[0]->set(i, row.time);
    maybe_text(1, i, row.query);
    text(2, i, row.stream);
    text(3, i, row.topic);
    columns[4]->set(i, row.partition);
    columns[5]->set(i, row.offset);
    text(6, i, row_error_name(row.code));
    text(7, i, row.reason);
    maybe_text(8, i, row.payload);
  }
  const std::vector<ColumnPtr> finished(columns.begin(), columns.end());
  EncodedRows encoded;
  format.make_encoder(error_schema().fields(), false, {})->encode(finished, Selection(rows_.size()), encoded);
  RecordBlockBuilder builder(topic.value, 0);
  for (size_t i = 0; i < rows_.size(); ++i) builder.add(rows_[i].time, null_bytes(), encoded[i]);
  return builder.build();
}

}  // namespace millrace
