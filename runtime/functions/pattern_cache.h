// The compiled pattern of the rows of one call: most have the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/date_time_pattern.h"
#include "runtime/function_registry.h"

namespace millrace {

class PatternCache {
 public:
  // Null where the text is no pattern; the cell has failed then.
  const DateTimePattern* find(std::string_view text, Cell& cell) {
    if (!used_ || text != text_) {
      used_ = true;
      text_ = text;
      problem_.clear();
      pattern_ = DateTimePattern::compile(text, problem_);
    }
    if (!pattern_) cell.fail(RowErrorCode::invalid_argument, problem_);
    return pattern_ ? &*pattern_ : nullptr;
  }

 private:
  bool used_ = false;
  std::string text_;
  std::string problem_;
  std::optional<DateTimePattern> pattern_;
};

// The same for names of time zones.
class ZoneCache {
 public:
  const TimeZone* find(std::string_view name, Cell& cell) {
    if (!used_ || name != name_) {
      used_ = true;
      name_ = name;
      zone_ = TimeZone::find(name);
    }
    if (!zone_) cell.fail(RowErrorCode::invalid_argument, "there is no time zone '" + name_ + "'");
    return zone_ ? &*zone_ : nullptr;
  }

 private:
  bool used_ = false;
  std::string name_;
  std::optional<TimeZone> zone_;
};

// A kernel that makes new State for every call.
template <class State, class... A, class F>
Kernel row_kernel_with(F f) {
  return [f](const FunctionCall& call) {
    State state;
    return row_kernel<A...>([&](Cell& cell, const A&... arguments) { f(state, cell, arguments...); })(call);
  };
}

struct PatternAndZone {
  PatternCache patterns;
  ZoneCache zones;
};

}  // namespace millrace
