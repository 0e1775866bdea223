#include "server/observation/system_stream.h"

#include "server/row_writer.h"

namespace millrace {

namespace {
constexpr size_t rows_max = 100'000;
}

const Schema& audit_schema() {
  static const Schema schema({{"TIME", timestamp_type},
                              {"SESSION", varchar_type},
                              {"REQUEST_ID", varchar_type},
                              {"USER_NAME", varchar_type},
                              {"PEER", varchar_type},
                              {"WAY", varchar_type},
                              {"OPERATION", varchar_type},
                              {"OBJECT", varchar_type},
                              {"TEXT", varchar_type},
                              {"STATUS", bigint_type},
                              {"CODE", varchar_type},
                              {"ERROR", varchar_type},
                              {"DURATION_US", bigint_type}});
  return schema;
}

const Schema& statistics_schema() {
  static const Schema schema(
      {{"TIME", timestamp_type}, {"NAME", varchar_type},   {"KIND", varchar_type},     {"OPERATION", varchar_type},
       {"OBJECT", varchar_type}, {"UNIT", varchar_type},   {"VALUE", double_type},     {"COUNT", bigint_type},
       {"MIN", double_type},     {"MAX", double_type},     {"MEAN", double_type},      {"STDDEV", double_type},
       {"P50", double_type},     {"P75", double_type},     {"P95", double_type},       {"P98", double_type},
       {"P99", double_type},     {"P999", double_type},    {"RATE_MEAN", double_type}, {"RATE_1M", double_type},
       {"RATE_5M", double_type}, {"RATE_15M", double_type}});
  return schema;
}

const Schema& query_states_schema() {
  static const Schema schema({{"TIME", timestamp_type},
                              {"QUERY", varchar_type},
                              {"STATE", varchar_type},
                              {"ERROR", varchar_type},
                              {"SQL", varchar_type}});
  return schema;
}

void SystemStream::add(std::vector<SystemValue> row) {
  if (rows_.size() >= rows_max) {
    rows_.erase(rows_.begin(), rows_.begin() + rows_max / 2);
    lost_ += rows_max / 2;
  }
  rows_.push_back(std::move(row));
}

std::vector<RecordBlock> SystemStream::encode(const Log& log) const {
  const Schema& schema = source_->schema;
  std::vector<std::shared_ptr<Column>> columns;
  for (const Field& field : schema.fields()) columns.push_back(std::make_shared<Column>(field.type, rows_.size()));
  auto times = std::make_shared<Column>(bigint_type, rows_.size());
  for (size_t row = 0; row < rows_.size(); ++row) {
    for (size_t i = 0; i < schema.size(); ++i) {
      Column& column = *columns[i];
      const SystemValue& value = rows_[row][i];
      if (const auto* number = std::get_if<int64_t>(&value)) {
        column.set(row, *number);
      } else if (const auto* real = std::get_if<double>(&value)) {
        column.set(row, *real);
      } else if (const auto* text = std::get_if<std::string>(&value)) {
        column.set(row, column.keep(*text));
      } else {
        column.set_null(row);
      }
    }
    times->set(row, std::get<int64_t>(rows_[row][0]));
  }
  return RowWriter(*source_, log).encode({columns.begin(), columns.end()}, std::move(times));
}

}  // namespace millrace
