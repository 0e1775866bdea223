// Values as the reference sees them, and as they stand in records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::differential {

enum class ValueType : uint8_t { integer, bigint, text, boolean, list };
std::string_view sql_name(ValueType type);

using List = std::vector<std::optional<int64_t>>;
// std::monostate is null.
using Value = std::variant<std::monostate, int64_t, std::string, bool, List>;
using Values = std::vector<Value>;

inline bool is_null(const Value& value) { return value.index() == 0; }
inline int64_t number(const Value& value) { return std::get<int64_t>(value); }
bool any_null(const Values& values);

std::string json(const Value& value);
// {"NAME":value,…}
std::string json_object(const std::vector<std::string>& names, const Values& values);
// As a key of format JSON: one column stands for itself; one that is null is no key.
std::optional<std::string> json_key(const std::vector<std::string>& names, const Values& values);

}  // namespace millrace::differential
