#include "tests/conformance/topic_format.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>

#include "runtime/base64.h"
#include "runtime/record_headers.h"

namespace millrace::conformance {

namespace {

void append_big_endian(uint64_t bits, size_t bytes, std::string& out) {
  for (size_t byte = bytes; byte-- > 0;) out += static_cast<char>(bits >> (byte * 8));
}

uint64_t read_big_endian(std::string_view bytes) {
  uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<uint8_t>(byte);
  return bits;
}

const Type& kafka_type(const std::vector<Field>& fields) { return fields.empty() ? varchar_type : fields[0].type; }

std::string encode_kafka(const JsonValue& value, const Type& type) {
  std::string out;
  switch (type.kind()) {
    case TypeKind::integer:
      append_big_endian(static_cast<uint64_t>(std::stoll(value.text)), 4, out);
      return out;
    case TypeKind::bigint:
      append_big_endian(static_cast<uint64_t>(std::stoll(value.text)), 8, out);
      return out;
    case TypeKind::double_:
      append_big_endian(std::bit_cast<uint64_t>(std::stod(value.text)), 8, out);
      return out;
    case TypeKind::bytes:
      if (!parse_base64(value.text, out)) throw Miss("theirs: bytes that are not base64");
      return out;
    default:
      return value.is(JsonValue::Kind::string) ? value.text : value.to_string();
  }
}

std::string shortest(double value) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}

JsonValue decode_kafka(Bytes bytes, const Type& type) {
  const auto sized = [&](size_t size) {
    if (bytes.size() != size)
      throw Miss("ours: a record that came is not in its format",
                 fmt::format("expected {} bytes, a record has {}", size, bytes.size()));
    return read_big_endian(bytes);
  };
  switch (type.kind()) {
    case TypeKind::integer:
      return JsonValue::of_number(std::to_string(static_cast<int32_t>(sized(4))));
    case TypeKind::bigint:
      return JsonValue::of_number(std::to_string(static_cast<int64_t>(sized(8))));
    case TypeKind::double_:
      return JsonValue::of_number(shortest(std::bit_cast<double>(sized(8))));
    case TypeKind::bytes: {
      std::string text;
      append_base64(bytes, text);
      return JsonValue::of_string(text);
    }
    default:
      return JsonValue::of_string(std::string(bytes));
  }
}

Payload encode(const std::string& format, const std::vector<Field>& fields, const JsonValue& value) {
  if (value.is_null()) return std::nullopt;
  if (format == "JSON") return value.to_string();
  if (format == "KAFKA") return encode_kafka(value, kafka_type(fields));
  if (format == "DELIMITED" || format == "NONE")
    return value.is(JsonValue::Kind::string) ? value.text : value.to_string();
  throw Miss("not yet built: the format " + format);
}

JsonValue decode(const std::string& format, const std::vector<Field>& fields, Bytes bytes) {
  if (millrace::is_null(bytes)) return {};
  if (format == "KAFKA") return decode_kafka(bytes, kafka_type(fields));
  if (format == "DELIMITED" || format == "NONE") return JsonValue::of_string(std::string(bytes));
  if (format != "JSON") throw Miss("not yet built: the format " + format);
  try {
    return parse_json(bytes);
  } catch (const JsonError& error) {
    throw Miss("ours: a record that came is not in its format",
               fmt::format("a record that came is not JSON: {}", error.what()));
  }
}

// What stands after the bytes of a windowed key is taken off `key`.
std::optional<CaseWindow> take_window(const TopicFormat& format, Bytes& key) {
  const size_t bytes = format.window == KeyWindow::session ? 16 : format.window == KeyWindow::time ? 8 : 0;
  if (bytes == 0 || millrace::is_null(key)) return std::nullopt;
  if (key.size() < bytes)
    throw Miss("ours: a record that came is not in its format",
               fmt::format("a windowed key ends with {} bytes, one has {}", bytes, key.size()));
  const Bytes tail = key.substr(key.size() - bytes);
  key.remove_suffix(bytes);
  CaseWindow window;
  window.session = format.window == KeyWindow::session;
  window.start = static_cast<int64_t>(read_big_endian(tail.substr(bytes - 8)));
  window.end = window.session ? static_cast<int64_t>(read_big_endian(tail.substr(0, 8)))
                              : window.start + format.window_size_ms.value_or(0);
  return window;
}

}  // namespace

Payload encode_key(const TopicFormat& format, const CaseRecord& record) {
  Payload key = encode(format.key_format, format.keys, record.key);
  if (!record.window || !key) return key;
  if (record.window->session) append_big_endian(static_cast<uint64_t>(record.window->end), 8, *key);
  append_big_endian(static_cast<uint64_t>(record.window->start), 8, *key);
  return key;
}

Payload encode_value(const TopicFormat& format, const CaseRecord& record) {
  return encode(format.value_format, format.values, record.value);
}

CaseRecord decode_record(const TopicFormat& format, int64_t timestamp, Bytes key, Bytes value, Bytes headers) {
  CaseRecord record;
  record.timestamp = timestamp;
  record.window = take_window(format, key);
  record.key = decode(format.key_format, format.keys, key);
  record.value = decode(format.value_format, format.values, value);
  const auto decoded = decode_record_headers(headers);
  if (!decoded) throw Miss("ours: a record came with broken headers");
  record.headers.emplace();
  for (const RecordHeader& header : *decoded) {
    CaseHeader out{std::string(header.name), std::nullopt};
    if (!millrace::is_null(header.value)) append_base64(header.value, out.value.emplace());
    record.headers->push_back(std::move(out));
  }
  return record;
}

}  // namespace millrace::conformance
