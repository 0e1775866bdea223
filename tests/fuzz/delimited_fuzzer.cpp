// Any bytes: what is read comes back as it was written.
// LINK connectors
#include "tests/fuzz/decoding.h"

namespace millrace::fuzz {
namespace {

const std::vector<std::vector<Field>> schemas = {
    {{"A", varchar_type}, {"B", varchar_type}},
    {{"A", integer_type}, {"B", double_type}, {"C", varchar_type}},
    {{"A", bigint_type}, {"B", Type::decimal(10, 3)}, {"C", bytes_type}, {"D", boolean_type}},
    {{"A", date_type}, {"B", time_type}, {"C", timestamp_type}},
};

// An empty text is written like null, as the base language does it, unless it comes first.
bool is_empty_text(const Column& column) {
  return column.type().is_text() && column.valid(0) && column.at<std::string_view>(0).empty();
}

void check(std::string_view text, const std::vector<Field>& fields, char delimiter) {
  const Format& delimited = find_format("DELIMITED");
  const FormatOptions options{.delimiter = delimiter, .wrap_single = {}};
  const Row row = decode(delimited, fields, text, options);
  if (row.rejected()) return;
  const std::string written = encode(delimited, fields, row, options);
  const Row again = decode(delimited, fields, written, options);
  require(!again.rejected(), "what was written can be read", written);
  for (size_t f = 0; f < fields.size(); ++f)
    if (!is_empty_text(*row.columns[f]))
      require(same_value(*row.columns[f], 0, *again.columns[f], 0), "what was written is what was read", text);
}

}  // namespace
}  // namespace millrace::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& fields : millrace::fuzz::schemas)
    for (const char delimiter : {',', '\t', ' '}) millrace::fuzz::check(text, fields, delimiter);
  return 0;
}
