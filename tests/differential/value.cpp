#include "tests/differential/value.h"

#include <algorithm>

namespace millrace::differential {

std::string_view sql_name(ValueType type) {
  switch (type) {
    case ValueType::integer:
      return "INT";
    case ValueType::bigint:
      return "BIGINT";
    case ValueType::text:
      return "STRING";
    case ValueType::boolean:
      return "BOOLEAN";
    case ValueType::list:
      return "ARRAY<INT>";
  }
  return "";
}

bool any_null(const Values& values) { return std::any_of(values.begin(), values.end(), is_null); }

std::string json(const Value& value) {
  if (const auto* n = std::get_if<int64_t>(&value)) return std::to_string(*n);
  if (const auto* text = std::get_if<std::string>(&value)) return '"' + *text + '"';
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  const auto* list = std::get_if<List>(&value);
  if (list == nullptr) return "null";
  std::string out = "[";
  for (size_t i = 0; i < list->size(); ++i) {
    out += i == 0 ? "" : ",";
    out += (*list)[i] ? std::to_string(*(*list)[i]) : "null";
  }
  return out + "]";
}

std::string json_object(const std::vector<std::string>& names, const Values& values) {
  std::string out = "{";
  for (size_t i = 0; i < names.size(); ++i) out += (i == 0 ? "\"" : ",\"") + names[i] + "\":" + json(values[i]);
  return out + "}";
}

std::optional<std::string> json_key(const std::vector<std::string>& names, const Values& values) {
  if (names.empty()) return std::nullopt;
  if (names.size() > 1) return json_object(names, values);
  return is_null(values[0]) ? std::nullopt : std::optional(json(values[0]));
}

}  // namespace millrace::differential
