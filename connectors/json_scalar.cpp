#include "connectors/json_scalar.h"

#include <limits>

#include "connectors/json_tokens.h"
#include "runtime/base64.h"
#include "runtime/date_time.h"
#include "runtime/decimal.h"
#include "runtime/number_text.h"

namespace millrace {

namespace {

constexpr uint32_t digits_below_2_63 = 18;

JsonScalar scalar_of(NumberText result) {
  switch (result) {
    case NumberText::ok:
      return JsonScalar::value;
    case NumberText::malformed:
      return JsonScalar::wrong_type;
    case NumberText::out_of_range:
      return JsonScalar::out_of_range;
  }
  return JsonScalar::wrong_type;
}

// A number, as a number or in a string.
struct NumberToken {
  std::string_view text;
  bool quoted = false;
  JsonNumber number;  // of what is not quoted
};

JsonScalar take_number(std::string_view token, NumberToken& out) {
  out.text = token;
  if (token[0] != '"') {
    if (scan_json_number(token, out.number)) return JsonScalar::value;
    if (token == "null") return JsonScalar::null;
    return token == "true" || token == "false" ? JsonScalar::wrong_type : JsonScalar::malformed;
  }
  out.quoted = true;
  if (!json_string_body(token, out.text)) return JsonScalar::malformed;
  if (!has_json_escapes(out.text)) return JsonScalar::value;
  std::string text;
  return unescape_json(out.text, text) ? JsonScalar::wrong_type : JsonScalar::malformed;
}

JsonScalar read_whole(std::string_view token, int64_t low, int64_t high, int64_t& value) {
  if (read_plain_whole(token, value)) return value < low || value > high ? JsonScalar::out_of_range : JsonScalar::value;
  NumberToken in;
  JsonScalar result = take_number(token, in);
  if (result != JsonScalar::value) return result;
  if (in.quoted) {
    result = scalar_of(parse_integer(in.text, value));
    if (result != JsonScalar::value) return result;
  } else {
    // 1.0 and 1e3 are whole numbers, too.
    Decimal whole;
    switch (parse_decimal(in.text, decimal_digits_max, 0, Rounding::none, whole)) {
      case DecimalText::ok:
        break;
      case DecimalText::overflow:
        return JsonScalar::out_of_range;
      default:
        return JsonScalar::wrong_type;
    }
    if (whole < low || whole > high) return JsonScalar::out_of_range;
    value = static_cast<int64_t>(whole);
  }
  return value < low || value > high ? JsonScalar::out_of_range : JsonScalar::value;
}

JsonScalar read_double(std::string_view token, double& value) {
  if (read_plain_double(token, value)) return JsonScalar::value;
  NumberToken in;
  const JsonScalar result = take_number(token, in);
  if (result != JsonScalar::value) return result;
  return scalar_of(parse_double(in.text, value));
}

JsonScalar read_decimal(const Type& type, std::string_view token, Decimal& value) {
  NumberToken in;
  const JsonScalar result = take_number(token, in);
  if (result != JsonScalar::value) return result;
  const int missing = type.scale() - static_cast<int>(in.number.fraction_digits);
  if (!in.quoted && in.number.digits <= digits_below_2_63 && !in.number.has_exponent && missing >= 0 && missing <= 18) {
    value = static_cast<Decimal>(in.number.mantissa) * power_of_ten(missing);
    if (in.number.negative) value = -value;
    return decimal_fits(value, type.precision()) ? JsonScalar::value : JsonScalar::out_of_range;
  }
  switch (parse_decimal(in.text, type.precision(), type.scale(), Rounding::none, value)) {
    case DecimalText::ok:
      return JsonScalar::value;
    case DecimalText::malformed:
      return JsonScalar::wrong_type;
    default:
      return JsonScalar::out_of_range;
  }
}

// What is no string: a number as text, where the type takes it.
JsonScalar read_bare_text(const Type& type, std::string_view token, Column* out, size_t row) {
  if (token == "null") return JsonScalar::null;
  JsonNumber number;
  if (token != "true" && token != "false" && !scan_json_number(token, number)) return JsonScalar::malformed;
  if (!type.is(TypeKind::varchar)) return JsonScalar::wrong_type;
  if (out != nullptr) out->set(row, token);
  return JsonScalar::value;
}

JsonScalar read_text(const Type& type, std::string_view token, Column* out, size_t row, std::string& scratch) {
  if (token[0] != '"') return read_bare_text(type, token, out, row);
  std::string_view body;
  if (!json_string_body(token, body)) return JsonScalar::malformed;
  const bool copied = has_json_escapes(body);
  if (copied) {
    scratch.clear();
    if (!unescape_json(body, scratch)) return JsonScalar::malformed;
    body = scratch;
  }
  if (type.is(TypeKind::bytes)) {
    std::string bytes;
    if (!parse_base64(body, bytes)) return JsonScalar::wrong_type;
    if (out != nullptr) out->set(row, out->keep(bytes));
    return JsonScalar::value;
  }
  if (out != nullptr) out->set(row, copied ? out->keep(body) : body);
  return JsonScalar::value;
}

JsonScalar read_boolean(std::string_view token, Column* out, size_t row) {
  const bool value = token == "true";
  if (value || token == "false") {
    if (out != nullptr) out->set<uint8_t>(row, value ? 1 : 0);
    return JsonScalar::value;
  }
  if (token == "null") return JsonScalar::null;
  NumberToken number;
  return take_number(token, number) == JsonScalar::malformed ? JsonScalar::malformed : JsonScalar::wrong_type;
}

}  // namespace

JsonScalar read_json_scalar(const Type& type, std::string_view token, Column* out, size_t row, std::string& scratch) {
  constexpr int64_t int_min = std::numeric_limits<int32_t>::min();
  constexpr int64_t int_max = std::numeric_limits<int32_t>::max();
  int64_t whole = 0;
  switch (type.kind()) {
    case TypeKind::varchar:
    case TypeKind::bytes:
      return read_text(type, token, out, row, scratch);
    case TypeKind::boolean:
      return read_boolean(token, out, row);
    case TypeKind::integer:
    case TypeKind::date:
    case TypeKind::time: {
      const bool time = type.is(TypeKind::time);
      const JsonScalar result = read_whole(token, time ? 0 : int_min, time ? milliseconds_per_day - 1 : int_max, whole);
      if (out != nullptr && result == JsonScalar::value) out->set(row, static_cast<int32_t>(whole));
      return result;
    }
    case TypeKind::bigint:
    case TypeKind::timestamp: {
      const JsonScalar result =
          read_whole(token, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), whole);
      if (out != nullptr && result == JsonScalar::value) out->set(row, whole);
      return result;
    }
    case TypeKind::double_: {
      double value = 0;
      const JsonScalar result = read_double(token, value);
      if (out != nullptr && result == JsonScalar::value) out->set(row, value);
      return result;
    }
    case TypeKind::decimal: {
      Decimal value = 0;
      const JsonScalar result = read_decimal(type, token, value);
      if (out != nullptr && result == JsonScalar::value) out->set(row, value);
      return result;
    }
    default:
      return JsonScalar::wrong_type;
  }
}

}  // namespace millrace
