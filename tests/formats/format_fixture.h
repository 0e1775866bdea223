// What the tests of formats share: records of text in, values as JSON text out, and the other way.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connectors/format_registry.h"

namespace millrace {

// Fields from what SQL writes, without nesting: {{"A", integer_type}, …}.
Field field(std::string name, Type type);

struct DecodedRecords {
  std::vector<std::shared_ptr<Column>> columns;
  RowErrors errors;

  // One row of one column as JSON text.
  std::string value(size_t column, size_t row = 0) const;
  // All columns of a row, with ", " between.
  std::string row(size_t row = 0) const;
  // "CODE: reason" of the only error; "none", or how many there are.
  std::string error() const;
};

const FormatRegistry& all_formats();

DecodedRecords decode_records(std::string_view format, const std::vector<Field>& fields,
                              const std::vector<std::string>& records, bool key = false,
                              const FormatOptions& options = {});
// One record.
DecodedRecords decode_one(std::string_view format, const std::vector<Field>& fields, std::string_view record);
std::vector<std::string> encode_rows(std::string_view format, const std::vector<Field>& fields,
                                     const std::vector<ColumnPtr>& columns, size_t rows, bool key = false,
                                     const FormatOptions& options = {});

}  // namespace millrace
