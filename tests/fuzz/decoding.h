// What the fuzzers of decoders share: one payload, in memory of exactly its size, to one row and back.
#pragma once

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "connectors/format_registry.h"

namespace millrace::fuzz {

inline void require(bool holds, const char* law, std::string_view about) {
  if (holds) return;
  std::cerr << "broken: " << law << "\n" << about << std::endl;
  std::abort();
}

inline const Format& find_format(std::string_view name) {
  static const FormatRegistry formats = [] {
    FormatRegistry registry;
    register_all_formats(registry);
    return registry;
  }();
  return *formats.find(name);
}

struct Row {
  std::vector<std::shared_ptr<Column>> columns;
  RowErrors errors;

  bool rejected() const { return errors.count() != 0; }
};

inline Row decode(const Format& format, const std::vector<Field>& fields, std::string_view text,
                  const FormatOptions& options = {}) {
  const std::shared_ptr<char[]> memory(new char[text.size()]);
  std::memcpy(memory.get(), text.data(), text.size());
  const Bytes payload(memory.get(), text.size());
  Row row;
  for (const Field& field : fields) {
    row.columns.push_back(std::make_shared<Column>(field.type, 1));
    row.columns.back()->pin(memory);
  }
  const auto decoder = format.make_decoder(fields, false, options);
  decoder->decode({&payload, 1}, row.columns, row.errors);
  for (const auto& column : row.columns) column->pin(memory);
  require(row.errors.count() <= 1, "a record is rejected once", text);
  if (row.rejected()) require(row.errors.errors()[0].reason.size() < 400, "a reason is short", text);

  RowErrors checked;
  const std::vector<std::shared_ptr<Column>> nothing(fields.size());
  decoder->decode({&payload, 1}, nothing, checked);
  require(checked.count() == row.errors.count(), "what is only checked is rejected alike", text);
  return row;
}

inline std::string encode(const Format& format, const std::vector<Field>& fields, const Row& row,
                          const FormatOptions& options = {}) {
  const std::vector<ColumnPtr> columns(row.columns.begin(), row.columns.end());
  EncodedRows out;
  format.make_encoder(fields, false, options)->encode(columns, Selection(1), out);
  return std::string(is_null(out[0]) ? "" : out[0]);
}

}  // namespace millrace::fuzz
