#include "runtime/value_text.h"

#include <fmt/format.h>

#include "runtime/decimal.h"

namespace millrace {

namespace {

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string nested_literal(const Column& column, size_t row) {
  const Type& type = column.type();
  std::string out;
  auto add = [&out](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (type.is(TypeKind::struct_)) {
    const size_t at = column.is_constant() ? 0 : row;
    for (size_t c = 0; c < column.child_count(); ++c)
      add(fmt::format("`{}` := {}", type.field_names()[c], sql_literal(column.child(c), at)));
    return "STRUCT(" + out + ")";
  }
  const auto [begin, end] = column.range(row);
  const bool map = type.is(TypeKind::map);
  for (uint32_t i = begin; i < end; ++i) {
    const std::string first = sql_literal(column.child(0), i);
    add(map ? first + " := " + sql_literal(column.child(1), i) : first);
  }
  return map ? "MAP(" + out + ")" : "ARRAY[" + out + "]";
}

}  // namespace

std::string sql_literal(const Column& column, size_t row) {
  if (!column.valid(row)) return "NULL";
  switch (column.type().kind()) {
    case TypeKind::boolean:
      return column.at<uint8_t>(row) != 0 ? "TRUE" : "FALSE";
    case TypeKind::integer:
      return fmt::format("{}", column.at<int32_t>(row));
    case TypeKind::bigint:
      return fmt::format("{}", column.at<int64_t>(row));
    case TypeKind::double_:
      return fmt::format("{}", column.at<double>(row));
    case TypeKind::decimal: {
      std::string out;
      append_decimal(column.at<Decimal>(row), column.type().scale(), out);
      return out;
    }
    case TypeKind::varchar:
    case TypeKind::bytes:
      return quoted(column.at<std::string_view>(row));
    case TypeKind::date:
    case TypeKind::time:
      return fmt::format("{} {}", column.type().to_string(), column.at<int32_t>(row));
    case TypeKind::timestamp:
      return fmt::format("TIMESTAMP {}", column.at<int64_t>(row));
    default:
      return nested_literal(column, row);
  }
}

}  // namespace millrace
