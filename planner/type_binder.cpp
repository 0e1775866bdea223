#include "planner/type_binder.h"

#include <fmt/format.h>

#include "runtime/nearest_name.h"

namespace millrace {

namespace {

const std::map<std::string, Type, std::less<>>& plain_types() {
  static const std::map<std::string, Type, std::less<>> types = {
      {"BOOLEAN", boolean_type}, {"INT", integer_type},     {"INTEGER", integer_type},    {"BIGINT", bigint_type},
      {"DOUBLE", double_type},   {"VARCHAR", varchar_type}, {"STRING", varchar_type},     {"BYTES", bytes_type},
      {"DATE", date_type},       {"TIME", time_type},       {"TIMESTAMP", timestamp_type}};
  return types;
}

Type bind_decimal(const syntax::TypeName& name) {
  if (name.parameters.size() != 2)
    refuse(ErrorCode::type_mismatch, name.position, "DECIMAL needs a precision and a scale: DECIMAL(10, 2)");
  const int precision = name.parameters[0];
  const int scale = name.parameters[1];
  if (precision < 1 || precision > 38)
    refuse(ErrorCode::type_mismatch, name.position,
           fmt::format("the precision of a DECIMAL is 1 to 38, here it is {}", precision));
  if (scale < 0 || scale > precision)
    refuse(ErrorCode::type_mismatch, name.position,
           fmt::format("the scale of a DECIMAL is 0 to its precision ({}), here it is {}", precision, scale));
  return Type::decimal(precision, scale);
}

// How what other databases call so is called here; empty where nothing is known of it.
std::string_view type_here(std::string_view name) {
  static const std::map<std::string_view, std::string_view> types = {
      {"TEXT", "STRING"},          {"CHAR", "STRING"},  {"NVARCHAR", "STRING"},
      {"JSON", "STRING"},          {"UUID", "STRING"},  {"LONG", "BIGINT"},
      {"INT8", "BIGINT"},          {"INT64", "BIGINT"}, {"SMALLINT", "INT"},
      {"TINYINT", "INT"},          {"INT4", "INT"},     {"INT32", "INT"},
      {"FLOAT", "DOUBLE"},         {"REAL", "DOUBLE"},  {"NUMERIC", "DECIMAL(p, s)"},
      {"NUMBER", "DECIMAL(p, s)"}, {"BOOL", "BOOLEAN"}, {"BINARY", "BYTES"},
      {"VARBINARY", "BYTES"},      {"BLOB", "BYTES"},   {"DATETIME", "TIMESTAMP"},
      {"LIST", "ARRAY<…>"},        {"ROW", "STRUCT<…>"}};
  const auto found = types.find(name);
  return found == types.end() ? std::string_view() : found->second;
}

}  // namespace

Type bind_type(const syntax::TypeName& name, const Catalog& catalog) {
  const auto plain = plain_types().find(name.name);
  if (plain != plain_types().end()) return plain->second;
  if (name.name == "DECIMAL") return bind_decimal(name);
  auto argument = [&](size_t i) { return bind_type(name.arguments[i], catalog); };
  if (name.name == "ARRAY" && name.arguments.size() == 1) return Type::array(argument(0));
  if (name.name == "MAP" && name.arguments.size() == 2) {
    Type key = argument(0);
    if (!key.is(TypeKind::varchar))
      refuse(ErrorCode::type_mismatch, name.arguments[0].position, "the keys of a MAP are of type STRING");
    return Type::map(std::move(key), argument(1));
  }
  if (name.name == "STRUCT") {
    std::vector<std::string> fields;
    std::vector<Type> types;
    for (size_t i = 0; i < name.arguments.size(); ++i) {
      if (std::find(fields.begin(), fields.end(), name.fields[i].text) != fields.end())
        refuse(ErrorCode::column_exists, name.fields[i].position, "the STRUCT has two fields " + name.fields[i].text);
      fields.push_back(name.fields[i].text);
      types.push_back(argument(i));
    }
    return Type::structure(std::move(fields), std::move(types));
  }
  const auto registered = catalog.types().find(name.name);
  if (registered != catalog.types().end()) return registered->second;
  if (const std::string_view here = type_here(name.name); !here.empty())
    refuse(ErrorCode::type_unknown, name.position, fmt::format("there is no type {}: write {}", name.name, here));
  std::vector<std::string> known;
  for (const auto& [plain_name, type] : plain_types()) known.push_back(plain_name);
  for (const auto& [type_name, type] : catalog.types()) known.push_back(type_name);
  refuse(ErrorCode::type_unknown, name.position,
         fmt::format("there is no type {}{}", name.name, did_you_mean(name.name, known)));
}

}  // namespace millrace
