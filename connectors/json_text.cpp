#include "connectors/json_text.h"

#include <array>
#include <cmath>

#include "runtime/base64.h"
#include "runtime/date_time.h"
#include "runtime/decimal.h"
#include "runtime/number_text.h"

namespace millrace {

namespace {

// 0: goes as it is; 'u': as \u00XX; anything else: after a backslash.
constexpr std::array<char, 256> escapes = [] {
  std::array<char, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

template <class F>
void in_quotes(std::string& out, F&& print) {
  out += '"';
  print();
  out += '"';
}

void append_json_double(double value, std::string& out) {
  if (std::isfinite(value)) return append_double(value, out);
  in_quotes(out, [&] { append_double(value, out); });
}

void append_time_value(const Column& column, size_t row, std::string& out, JsonTimes times) {
  const TypeKind kind = column.type().kind();
  if (times == JsonTimes::numbers)
    return append_integer(kind == TypeKind::timestamp ? column.at<int64_t>(row) : column.at<int32_t>(row), out);
  in_quotes(out, [&] {
    if (kind == TypeKind::timestamp)
      append_timestamp(column.at<int64_t>(row), out);
    else if (kind == TypeKind::date)
      append_date(column.at<int32_t>(row), out);
    else
      append_time(column.at<int32_t>(row), out);
  });
}

void append_map_key(const Column& keys, size_t row, std::string& out, JsonTimes times) {
  if (keys.valid(row) && keys.type().is(TypeKind::varchar))
    return append_json_string(keys.at<std::string_view>(row), out);
  std::string text;
  append_json(keys, row, text, times);
  if (!text.empty() && text[0] == '"')
    out += text;
  else
    append_json_string(text, out);
}

void append_nested(const Column& column, size_t row, std::string& out, JsonTimes times) {
  const Type& type = column.type();
  if (type.is(TypeKind::struct_)) {
    const size_t at = column.is_constant() ? 0 : row;
    out += '{';
    for (size_t c = 0; c < column.child_count(); ++c) {
      if (c != 0) out += ',';
      append_json_string(type.field_names()[c], out);
      out += ':';
      append_json(column.child(c), at, out, times);
    }
    out += '}';
    return;
  }
  const bool map = type.is(TypeKind::map);
  const auto [begin, end] = column.range(row);
  out += map ? '{' : '[';
  for (uint32_t i = begin; i < end; ++i) {
    if (i != begin) out += ',';
    if (map) {
      append_map_key(column.child(0), i, out, times);
      out += ':';
    }
    append_json(column.child(map ? 1 : 0), i, out, times);
  }
  out += map ? '}' : ']';
}

}  // namespace

void append_json(const Column& column, size_t row, std::string& out, JsonTimes times) {
  if (!column.valid(row)) {
    out += "null";
    return;
  }
  switch (column.type().kind()) {
    case TypeKind::boolean:
      out += column.at<uint8_t>(row) != 0 ? "true" : "false";
      return;
    case TypeKind::integer:
      return append_integer(column.at<int32_t>(row), out);
    case TypeKind::bigint:
      return append_integer(column.at<int64_t>(row), out);
    case TypeKind::double_:
      return append_json_double(column.at<double>(row), out);
    case TypeKind::decimal:
      return append_decimal(column.at<Decimal>(row), column.type().scale(), out);
    case TypeKind::varchar:
      return append_json_string(column.at<std::string_view>(row), out);
    case TypeKind::bytes:
      return in_quotes(out, [&] { append_base64(column.at<std::string_view>(row), out); });
    case TypeKind::date:
    case TypeKind::time:
    case TypeKind::timestamp:
      return append_time_value(column, row, out, times);
    case TypeKind::array:
    case TypeKind::map:
    case TypeKind::struct_:
      return append_nested(column, row, out, times);
  }
}

void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  out += '"';
  size_t plain = 0;  // where the run begins that has not been copied
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const char escape = escapes[c];
    if (escape == 0) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

}  // namespace millrace
