// Units of time as the functions that add them name them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

// Of MILLISECOND, SECONDS and so on to WEEKS, in any case, with or without the S.
inline std::optional<int64_t> unit_milliseconds(std::string_view name) {
  struct Unit {
    std::string_view name;
    int64_t milliseconds;
  };
  constexpr Unit units[] = {{"MILLISECOND", 1},  {"SECOND", 1000},    {"MINUTE", 60'000},
                            {"HOUR", 3'600'000}, {"DAY", 86'400'000}, {"WEEK", 604'800'000}};
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  if (!name.empty() && upper(name.back()) == 'S') name.remove_suffix(1);
  for (const Unit& unit : units) {
    bool same = unit.name.size() == name.size();
    for (size_t i = 0; same && i < name.size(); ++i) same = upper(name[i]) == unit.name[i];
    if (same) return unit.milliseconds;
  }
  return std::nullopt;
}

}  // namespace millrace
