// DELIMITED: one line of CSV per row. An empty field is null; a row's texts may be empty in quotes.
#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>

#include "connectors/csv_line.h"
#include "connectors/format_refusal.h"
#include "connectors/format_registry.h"
#include "connectors/no_columns.h"
#include "connectors/utf8.h"
#include "runtime/base64.h"
#include "runtime/date_time.h"
#include "runtime/decimal.h"
#include "runtime/number_text.h"

namespace millrace {

namespace {

// --- decoding --------------------------------------------------------------------------------------------------------

enum class Parsed : uint8_t { ok, wrong_type, out_of_range };

Parsed parsed(NumberText result) {
  if (result == NumberText::ok) return Parsed::ok;
  return result == NumberText::malformed ? Parsed::wrong_type : Parsed::out_of_range;
}

template <class T>
Parsed store(Parsed result, T value, Column* out, size_t row) {
  if (result == Parsed::ok && out != nullptr) out->set(row, value);
  return result;
}

Parsed parse_boolean(std::string_view text, Column* out, size_t row) {
  const std::string lower = absl::AsciiStrToLower(absl::string_view(text.data(), text.size()));
  if (lower != "true" && lower != "false") return Parsed::wrong_type;
  return store<uint8_t>(Parsed::ok, lower == "true" ? 1 : 0, out, row);
}

Parsed parse_decimal_field(const Type& type, std::string_view text, Column* out, size_t row) {
  Decimal value = 0;
  switch (parse_decimal(text, type.precision(), type.scale(), Rounding::none, value)) {
    case DecimalText::ok:
      return store(Parsed::ok, value, out, row);
    case DecimalText::malformed:
      return Parsed::wrong_type;
    default:
      return Parsed::out_of_range;
  }
}

Parsed parse_bytes(std::string_view text, Column* out, size_t row) {
  std::string bytes;
  if (!parse_base64(text, bytes)) return Parsed::wrong_type;
  if (out != nullptr) out->set(row, out->keep(bytes));
  return Parsed::ok;
}

template <class T>
Parsed parse_number(NumberText (*parse)(std::string_view, T&), std::string_view text, Column* out, size_t row) {
  T value = 0;
  const NumberText result = parse(text, value);
  return store(parsed(result), value, out, row);
}

Parsed parse_field(const Type& type, const CsvField& field, Column* out, size_t row) {
  switch (type.kind()) {
    case TypeKind::boolean:
      return parse_boolean(field.text, out, row);
    case TypeKind::integer:
    case TypeKind::date:
      return parse_number<int32_t>(parse_integer, field.text, out, row);
    case TypeKind::bigint:
    case TypeKind::timestamp:
      return parse_number<int64_t>(parse_integer, field.text, out, row);
    case TypeKind::double_:
      return parse_number<double>(parse_double, field.text, out, row);
    case TypeKind::time: {
      int32_t value = 0;
      const Parsed result = parsed(parse_integer(field.text, value));
      if (result == Parsed::ok && (value < 0 || value >= milliseconds_per_day)) return Parsed::out_of_range;
      return store(result, value, out, row);
    }
    case TypeKind::decimal:
      return parse_decimal_field(type, field.text, out, row);
    case TypeKind::bytes:
      return parse_bytes(field.text, out, row);
    default:
      return store(Parsed::ok, out != nullptr && field.copied ? out->keep(field.text) : field.text, out, row);
  }
}

class DelimitedDecoder final : public Decoder {
 public:
  DelimitedDecoder(std::vector<Field> fields, char delimiter) : fields_(std::move(fields)), delimiter_(delimiter) {}

  void decode(std::span<const Bytes> payloads, std::span<const std::shared_ptr<Column>> columns,
              RowErrors& rejected) override {
    for (size_t row = 0; row < payloads.size(); ++row) {
      if (!is_null(payloads[row]) && decode_record(payloads[row], columns, row, rejected)) continue;
      for (const auto& column : columns)
        if (column) column->set_null(row);
    }
  }

 private:
  bool decode_record(Bytes payload, std::span<const std::shared_ptr<Column>> columns, size_t row, RowErrors& rejected) {
    const auto reject = [&](RowErrorCode code, std::string reason) {
      rejected.add(row, code, std::move(reason));
      return false;
    };
    if (!is_utf8(payload)) return reject(RowErrorCode::invalid_utf8, "the record is not UTF-8");
    CsvLine line(payload, delimiter_);
    CsvField in;
    size_t count = 0;
    Parsed result = Parsed::ok;
    std::string reason;
    CsvLine::Next next;
    while ((next = line.next(in)) == CsvLine::Next::field) {
      const size_t f = count++;
      if (f >= fields_.size() || result != Parsed::ok) continue;
      result = read_field(f, in, columns[f].get(), row);
      if (result != Parsed::ok)
        reason = fmt::format("field `{}`: expected {}, got {}", fields_[f].name, fields_[f].type.to_string(),
                             excerpt(in.text));
    }
    if (next == CsvLine::Next::unclosed_quote) return reject(RowErrorCode::malformed, "a quoted field does not end");
    if (next == CsvLine::Next::text_after_quote)
      return reject(RowErrorCode::malformed, "text follows the closing quote of a field");
    if (count != fields_.size())
      return reject(RowErrorCode::malformed,
                    fmt::format("expected {} fields, got {}: {}", fields_.size(), count, excerpt(payload)));
    if (result == Parsed::ok) return true;
    return reject(result == Parsed::out_of_range ? RowErrorCode::out_of_range : RowErrorCode::wrong_type,
                  std::move(reason));
  }

  Parsed read_field(size_t f, const CsvField& in, Column* out, size_t row) {
    if (!in.text.empty() || (in.quoted && fields_[f].type.is_text())) return parse_field(fields_[f].type, in, out, row);
    if (out != nullptr) out->set_null(row);
    return Parsed::ok;
  }

  std::vector<Field> fields_;
  char delimiter_;
};

// --- encoding --------------------------------------------------------------------------------------------------------

class DelimitedEncoder final : public Encoder {
 public:
  explicit DelimitedEncoder(char delimiter) : delimiter_(delimiter) {}

  void encode(std::span<const ColumnPtr> columns, Selection rows, EncodedRows& out) override {
    rows.for_each([&](size_t row) {
      for (size_t f = 0; f < columns.size(); ++f) {
        if (f != 0) out.buffer += delimiter_;
        if (!columns[f]->valid(row)) continue;
        if (columns[f]->type().is(TypeKind::varchar)) {
          append_csv(columns[f]->at<std::string_view>(row), delimiter_, f == 0, out.buffer);
          continue;
        }
        text_.clear();
        append_value_text(*columns[f], row);
        append_csv(text_, delimiter_, f == 0, out.buffer);
      }
      out.close();
    });
  }

 private:
  void append_value_text(const Column& column, size_t row) {
    switch (column.type().kind()) {
      case TypeKind::boolean:
        text_ += column.at<uint8_t>(row) != 0 ? "true" : "false";
        return;
      case TypeKind::integer:
      case TypeKind::date:
      case TypeKind::time:
        return append_integer(column.at<int32_t>(row), text_);
      case TypeKind::bigint:
      case TypeKind::timestamp:
        return append_integer(column.at<int64_t>(row), text_);
      case TypeKind::double_:
        return append_double(column.at<double>(row), text_);
      case TypeKind::decimal:
        return append_decimal(column.at<Decimal>(row), column.type().scale(), text_);
      default:
        return append_base64(column.at<std::string_view>(row), text_);
    }
  }

  char delimiter_;
  std::string text_;
};

class DelimitedFormat final : public Format {
 public:
  std::string_view name() const override { return "DELIMITED"; }

  std::optional<std::string> refusal(const std::vector<Field>& fields, bool,
                                     const FormatOptions& options) const override {
    if (options.wrap_single.value_or(false)) return unsupported_wrapping(name(), true);
    for (const Field& field : fields)
      if (field.type.is_nested()) return unsupported_type(name(), field);
    return std::nullopt;
  }
  std::unique_ptr<Decoder> make_decoder(const std::vector<Field>& fields, bool,
                                        const FormatOptions& options) const override {
    if (fields.empty()) return make_no_column_decoder();
    return std::make_unique<DelimitedDecoder>(fields, options.delimiter);
  }
  std::unique_ptr<Encoder> make_encoder(const std::vector<Field>&, bool, const FormatOptions& options) const override {
    return std::make_unique<DelimitedEncoder>(options.delimiter);
  }
};

}  // namespace

void register_delimited(FormatRegistry& registry) { registry.add(std::make_unique<DelimitedFormat>()); }

}  // namespace millrace
