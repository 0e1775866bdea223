// A pattern, a line end, and a text: what is read by a pattern is read again from what the pattern prints.
// LINK runtime
#include <cstdlib>
#include <iostream>

#include "runtime/date_time.h"
#include "runtime/date_time_pattern.h"
#include "runtime/decimal.h"
#include "runtime/number_text.h"

namespace {

void require(bool holds, const char* law, std::string_view about) {
  if (holds) return;
  std::cerr << "broken: " << law << "\n" << about << std::endl;
  std::abort();
}

// Not every pattern prints all that it reads (zones by name, half days), so only what the second pass reads is
// compared.
void check_pattern(std::string_view pattern, std::string_view text) {
  std::string problem;
  const auto compiled = millrace::DateTimePattern::compile(pattern, problem);
  if (!compiled) return require(!problem.empty(), "a pattern is refused with a reason", pattern);
  (void)compiled->parse_date(text);
  (void)compiled->parse_time(text);
  const auto read = compiled->parse_timestamp(text);
  if (!read) return;
  std::string printed;
  compiled->format_timestamp(*read, printed);
}

void check_own_forms(std::string_view text) {
  if (const auto timestamp = millrace::parse_timestamp(text)) {
    std::string printed;
    millrace::append_timestamp(*timestamp, printed);
    require(millrace::parse_timestamp(printed) == timestamp, "a timestamp reads back", text);
  }
  if (const auto date = millrace::parse_date(text)) {
    std::string printed;
    millrace::append_date(*date, printed);
    require(millrace::parse_date(printed) == date, "a date reads back", text);
  }
  if (const auto time = millrace::parse_time(text)) {
    std::string printed;
    millrace::append_time(*time, printed);
    require(millrace::parse_time(printed) == time, "a time reads back", text);
  }
  (void)millrace::TimeZone::find(text);
}

void check_numbers(std::string_view text) {
  millrace::Decimal decimal = 0;
  if (millrace::parse_decimal(text, 38, 10, millrace::Rounding::half_up, decimal) == millrace::DecimalText::ok) {
    std::string printed;
    millrace::append_decimal(decimal, 10, printed);
    millrace::Decimal again = 0;
    require(millrace::parse_decimal(printed, 38, 10, millrace::Rounding::none, again) == millrace::DecimalText::ok &&
                again == decimal,
            "a decimal reads back", text);
  }
  double value = 0;
  if (millrace::parse_double(text, value) == millrace::NumberText::ok) {
    std::string printed;
    millrace::append_double(value, printed);
    double again = 0;
    require(millrace::parse_double(printed, again) == millrace::NumberText::ok && (again == value || value != value),
            "a double reads back", text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(input.find('\n'), size);
  check_pattern(input.substr(0, line_end), input.substr(std::min(line_end + 1, size)));
  check_own_forms(input);
  check_numbers(input);
  return 0;
}
