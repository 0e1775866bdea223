// Any bytes: what is JSON to another parser is JSON to ours, and what is read comes back as it was written.
// LINK connectors
#include <nlohmann/json.hpp>

#include "tests/fuzz/decoding.h"

namespace millrace::fuzz {
namespace {

const std::vector<Field> record_fields = {
    {"A", integer_type},
    {"B", bigint_type},
    {"C", double_type},
    {"D", Type::decimal(10, 3)},
    {"E", varchar_type},
    {"F", bytes_type},
    {"G", boolean_type},
    {"H", date_type},
    {"I", time_type},
    {"J", timestamp_type},
    {"K", Type::array(integer_type)},
    {"L", Type::map(varchar_type, Type::structure({"A", "b"}, {double_type, Type::array(varchar_type)}))},
    {"M", Type::structure({"X", "y"}, {Type::array(Type::map(varchar_type, bigint_type)), varchar_type})},
};

// The other parser refuses numbers beyond DOUBLE, ends at a zero byte, and takes a byte order mark.
bool may_differ(std::string_view text) {
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    digits = digit ? digits + 1 : 0;
    if (digits > 300 || (i > 0 && (text[i] == 'e' || text[i] == 'E') && text[i - 1] >= '0' && text[i - 1] <= '9'))
      return true;
  }
  return text.find('\0') != std::string_view::npos || text.find("\xEF\xBB\xBF") == 0;
}

void check_syntax(std::string_view text, const Row& row) {
  if (may_differ(text)) return;
  bool malformed = false;
  if (row.rejected()) {
    const RowErrorCode code = row.errors.errors()[0].code;
    if (row.errors.errors()[0].reason.find("less nesting") != std::string::npos) return;
    malformed = code == RowErrorCode::malformed || code == RowErrorCode::invalid_utf8;
  }
  require(nlohmann::json::accept(text) == !malformed, "only JSON is read, and all of it", text);
}

void check_again(const std::vector<Field>& fields, const Row& row, const FormatOptions& options,
                 std::string_view text) {
  const Format& json = find_format("JSON");
  const std::string written = encode(json, fields, row, options);
  if (written.empty()) return;  // null
  const Row again = decode(json, fields, written, options);
  require(!again.rejected(), "what was written can be read", written);
  for (size_t f = 0; f < fields.size(); ++f)
    require(same_value(*row.columns[f], 0, *again.columns[f], 0), "what was written is what was read", text);
}

void check_record(std::string_view text) {
  const Row row = decode(find_format("JSON"), record_fields, text);
  check_syntax(text, row);
  if (!row.rejected()) check_again(record_fields, row, {}, text);
}

void check_bare(std::string_view text) {
  const FormatOptions bare{.delimiter = ',', .wrap_single = false};
  const std::vector<Field> one = {record_fields[text.size() % record_fields.size()]};
  const Row row = decode(find_format("JSON"), one, text, bare);
  check_syntax(text, row);
  if (!row.rejected()) check_again(one, row, bare, text);
}

// Records that lie directly behind each other are read together; none may see what is its neighbour's.
void check_together(const std::vector<std::string_view>& pieces) {
  std::string memory;
  for (const std::string_view piece : pieces) memory += piece;
  std::vector<Bytes> payloads;
  for (size_t at = 0; const std::string_view piece : pieces) {
    payloads.emplace_back(memory.data() + at, piece.size());
    at += piece.size();
  }
  std::vector<std::shared_ptr<Column>> columns;
  for (const Field& field : record_fields) columns.push_back(std::make_shared<Column>(field.type, pieces.size()));
  RowErrors errors;
  find_format("JSON").make_decoder(record_fields, false, {})->decode(payloads, columns, errors);
  size_t error = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const Row alone = decode(find_format("JSON"), record_fields, pieces[i]);
    const bool rejected = error < errors.count() && errors.errors()[error].row == i;
    require(rejected == alone.rejected(), "a neighbour is rejected as if it were alone", memory);
    if (rejected)
      require(errors.errors()[error++].reason == alone.errors.errors()[0].reason, "and for the same reason", memory);
    for (size_t f = 0; f < record_fields.size(); ++f)
      require(same_value(*columns[f], i, *alone.columns[f], 0), "a neighbour is read as if it were alone", memory);
  }
}

void check_neighbours(std::string_view text) {
  constexpr std::string_view good = R"({"A":1,"E":"e","K":[1,2]})";
  constexpr std::string_view escaped = R"({"E":"\u00e9","K":[3]})";
  const size_t cut = text.empty() ? 0 : static_cast<unsigned char>(text[0]) % text.size();
  check_together({good, text, escaped, text.substr(0, cut), text.substr(cut), good});
}

}  // namespace
}  // namespace millrace::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  millrace::fuzz::check_record(text);
  millrace::fuzz::check_bare(text);
  millrace::fuzz::check_neighbours(text);
  return 0;
}
