#include "tests/formats/format_fixture.h"

#include <cstring>

#include "connectors/json_text.h"
#include "runtime/check.h"

namespace millrace {

Field field(std::string name, Type type) { return {std::move(name), std::move(type)}; }

std::string DecodedRecords::value(size_t column, size_t row) const {
  std::string text;
  append_json(*columns[column], row, text);
  return text;
}

std::string DecodedRecords::row(size_t row) const {
  std::string text;
  for (size_t c = 0; c < columns.size(); ++c) text += (c == 0 ? "" : ", ") + value(c, row);
  return text;
}

std::string DecodedRecords::error() const {
  if (errors.count() != 1) return errors.count() == 0 ? "none" : std::to_string(errors.count()) + " errors";
  return std::string(row_error_name(errors.errors()[0].code)) + ": " + errors.errors()[0].reason;
}

const FormatRegistry& all_formats() {
  static const FormatRegistry formats = [] {
    FormatRegistry registry;
    register_all_formats(registry);
    return registry;
  }();
  return formats;
}

DecodedRecords decode_records(std::string_view format, const std::vector<Field>& fields,
                              const std::vector<std::string>& records, bool key, const FormatOptions& options) {
  const Format* found = all_formats().find(format);
  MILLRACE_CHECK(found != nullptr);
  // Each payload has memory of exactly its size, so that a read beyond it is seen by the address sanitizer.
  std::vector<Bytes> payloads;
  auto pins = std::make_shared<std::vector<std::unique_ptr<char[]>>>();
  for (const std::string& record : records) {
    pins->push_back(std::make_unique<char[]>(record.size()));
    std::memcpy(pins->back().get(), record.data(), record.size());
    payloads.emplace_back(pins->back().get(), record.size());
  }
  DecodedRecords decoded;
  for (const Field& f : fields) decoded.columns.push_back(std::make_shared<Column>(f.type, payloads.size()));
  found->make_decoder(fields, key, options)->decode(payloads, decoded.columns, decoded.errors);
  for (const auto& column : decoded.columns) column->pin(pins);
  // What is only checked is rejected for the same reasons.
  const std::vector<std::shared_ptr<Column>> nothing(fields.size());
  RowErrors errors;
  found->make_decoder(fields, key, options)->decode(payloads, nothing, errors);
  MILLRACE_CHECK(errors.count() == decoded.errors.count());
  for (size_t i = 0; i < errors.errors().size(); ++i) {
    MILLRACE_CHECK(errors.errors()[i].row == decoded.errors.errors()[i].row);
    MILLRACE_CHECK(errors.errors()[i].reason == decoded.errors.errors()[i].reason);
  }
  return decoded;
}

DecodedRecords decode_one(std::string_view format, const std::vector<Field>& fields, std::string_view record) {
  return decode_records(format, fields, {std::string(record)});
}

std::vector<std::string> encode_rows(std::string_view format, const std::vector<Field>& fields,
                                     const std::vector<ColumnPtr>& columns, size_t rows, bool key,
                                     const FormatOptions& options) {
  EncodedRows out;
  all_formats().find(format)->make_encoder(fields, key, options)->encode(columns, Selection(rows), out);
  std::vector<std::string> texts;
  for (size_t i = 0; i < out.size(); ++i) texts.push_back(is_null(out[i]) ? "<null>" : std::string(out[i]));
  return texts;
}

}  // namespace millrace
