#include "tests/conformance/run_outcome.h"

#include <algorithm>
#include <cctype>

namespace millrace::conformance {

namespace {

constexpr size_t reason_bytes_max = 120;

std::string in_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

bool lacks_something(std::string_view code, std::string_view message) {
  return code == error_name(ErrorCode::unsupported) || code == error_name(ErrorCode::function_unknown) ||
         message.starts_with("there is no format");
}

std::string without_data(std::string_view message) {
  std::string out;
  char open = 0;
  for (const char c : message) {
    if (open != 0) {
      if (c != open) continue;
      open = 0;
    } else if (c == '`' || c == '"' ||
               (c == '\'' && (out.empty() || std::isalnum(static_cast<unsigned char>(out.back())) == 0))) {
      open = c;
    }
    out += c;
  }
  return out.substr(0, reason_bytes_max);
}

Miss refused(const TestCase& test, std::string_view code, std::string_view message) {
  std::string reason;
  if (test.kind == CaseKind::registry && code != error_name(ErrorCode::unsupported)) {
    reason = "not yet built: formats with a schema registry";
  } else {
    reason = fmt::format("{}: {}: {}", lacks_something(code, message) ? "not yet built" : "ours: refused", code,
                         without_data(message));
  }
  return {reason, fmt::format("{}: {}", code, message)};
}

Outcome outcome_of(const std::function<void(Outcome&)>& run) {
  Outcome outcome;
  try {
    run(outcome);
    outcome.passed = true;
  } catch (const Miss& miss) {
    outcome.reason = in_one_line(miss.reason());
    outcome.detail = in_one_line(miss.what());
  }
  return outcome;
}

}  // namespace millrace::conformance
