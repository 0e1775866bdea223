// KAFKA: one column, as the serializers that come with Kafka's clients write it; numbers are big-endian.
#include <fmt/format.h>

#include <bit>

#include "connectors/format_refusal.h"
#include "connectors/format_registry.h"
#include "connectors/no_columns.h"
#include "connectors/utf8.h"

namespace millrace {

namespace {

template <class T>
T read_big_endian(std::string_view bytes) {
  uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<uint8_t>(byte);
  if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(bits);
  return static_cast<T>(bits);
}

template <class T>
void write_big_endian(T value, std::string& out) {
  uint64_t bits;
  if constexpr (std::is_same_v<T, double>)
    bits = std::bit_cast<uint64_t>(value);
  else
    bits = static_cast<uint64_t>(value);
  for (size_t byte = sizeof(T); byte-- > 0;) out += static_cast<char>(bits >> (byte * 8));
}

std::string wrong_length(const Field& field, size_t expected, Bytes payload) {
  std::string hex;
  for (const char byte : payload.substr(0, 32)) hex += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return fmt::format("field `{}`: expected the {} bytes of {}, got {}: {}{}", field.name, expected,
                     field.type.to_string(), payload.size(), hex, payload.size() > 32 ? "…" : "");
}

class KafkaDecoder final : public Decoder {
 public:
  explicit KafkaDecoder(Field field) : field_(std::move(field)) {}

  void decode(std::span<const Bytes> payloads, std::span<const std::shared_ptr<Column>> columns,
              RowErrors& rejected) override {
    Column* out = columns[0].get();
    switch (field_.type.kind()) {
      case TypeKind::integer:
        return decode_numbers<int32_t>(payloads, out, rejected);
      case TypeKind::bigint:
        return decode_numbers<int64_t>(payloads, out, rejected);
      case TypeKind::double_:
        return decode_numbers<double>(payloads, out, rejected);
      default:
        return decode_text(payloads, out, rejected);
    }
  }

 private:
  template <class T>
  void decode_numbers(std::span<const Bytes> payloads, Column* out, RowErrors& rejected) {
    for (size_t row = 0; row < payloads.size(); ++row) {
      const Bytes payload = payloads[row];
      if (payload.size() == sizeof(T)) {
        if (out != nullptr) out->set(row, read_big_endian<T>(payload));
        continue;
      }
      if (!is_null(payload)) rejected.add(row, RowErrorCode::malformed, wrong_length(field_, sizeof(T), payload));
      if (out != nullptr) out->set_null(row);
    }
  }

  void decode_text(std::span<const Bytes> payloads, Column* out, RowErrors& rejected) {
    const bool check = field_.type.is(TypeKind::varchar);
    for (size_t row = 0; row < payloads.size(); ++row) {
      const Bytes payload = payloads[row];
      const bool wrong = check && !is_utf8(payload);
      if (wrong)
        rejected.add(row, RowErrorCode::invalid_utf8,
                     fmt::format("field `{}`: expected UTF-8, got {}", field_.name, excerpt(payload)));
      if (out == nullptr) continue;
      if (wrong || is_null(payload))
        out->set_null(row);
      else
        out->set(row, payload);
    }
  }

  Field field_;
};

class KafkaEncoder final : public Encoder {
 public:
  void encode(std::span<const ColumnPtr> columns, Selection rows, EncodedRows& out) override {
    const Column& column = *columns[0];
    rows.for_each([&](size_t row) {
      const bool valid = column.valid(row);
      if (valid) append(column, row, out.buffer);
      out.close(!valid);
    });
  }

 private:
  static void append(const Column& column, size_t row, std::string& out) {
    switch (column.type().kind()) {
      case TypeKind::integer:
        return write_big_endian(column.at<int32_t>(row), out);
      case TypeKind::bigint:
        return write_big_endian(column.at<int64_t>(row), out);
      case TypeKind::double_:
        return write_big_endian(column.at<double>(row), out);
      default:
        out += column.at<std::string_view>(row);
    }
  }
};

class KafkaFormat final : public Format {
 public:
  std::string_view name() const override { return "KAFKA"; }

  std::optional<std::string> refusal(const std::vector<Field>& fields, bool,
                                     const FormatOptions& options) const override {
    if (options.wrap_single.value_or(false)) return unsupported_wrapping(name(), true);
    for (const Field& field : fields)
      if (!is_supported(field.type.kind())) return unsupported_type(name(), field);
    if (fields.size() > 1)
      return fmt::format("The 'KAFKA' format only supports a single field. Got: [{}]", Schema(fields).to_string());
    return std::nullopt;
  }
  std::unique_ptr<Decoder> make_decoder(const std::vector<Field>& fields, bool, const FormatOptions&) const override {
    if (fields.empty()) return make_no_column_decoder();
    return std::make_unique<KafkaDecoder>(fields[0]);
  }
  std::unique_ptr<Encoder> make_encoder(const std::vector<Field>& fields, bool, const FormatOptions&) const override {
    if (fields.empty()) return make_no_column_encoder();
    return std::make_unique<KafkaEncoder>();
  }

 private:
  static bool is_supported(TypeKind kind) {
    return kind == TypeKind::integer || kind == TypeKind::bigint || kind == TypeKind::double_ ||
           kind == TypeKind::varchar || kind == TypeKind::bytes;
  }
};

}  // namespace

void register_kafka(FormatRegistry& registry) { registry.add(std::make_unique<KafkaFormat>()); }

}  // namespace millrace
