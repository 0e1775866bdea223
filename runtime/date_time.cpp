#include "runtime/date_time.h"

#include <charconv>

#include <limits>

namespace millrace {

namespace {

void append_padded(int64_t value, int width, std::string& out) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  for (auto n = static_cast<int>(end - text); n < width; ++n) out += '0';
  out.append(text, end);
}

void append_year(int64_t year, std::string& out) {
  if (year < 0) out += '-';
  if (year > 9999) out += '+';
  append_padded(year < 0 ? -year : year, 4, out);
}

// Reads numbers off the front of a text; any failure sticks.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return ok_ && text_.empty(); }
  bool failed() const { return !ok_; }
  bool next_is(char c) const { return !text_.empty() && text_[0] == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  int64_t number(size_t digits_min, size_t digits_max) {
    size_t n = 0;
    int64_t value = 0;
    for (; n < text_.size() && n < digits_max && text_[n] >= '0' && text_[n] <= '9'; ++n)
      value = value * 10 + (text_[n] - '0');
    ok_ = ok_ && n >= digits_min;
    text_.remove_prefix(n);
    return value;
  }
  // One to nine digits of a fraction of a second, as milliseconds.
  int64_t fraction() {
    const size_t before = text_.size();
    int64_t value = number(1, 9);
    for (size_t n = before - text_.size(); n < 9; ++n) value *= 10;
    return value / 1'000'000;
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::optional<int64_t> read_date(Reader& in) {
  CivilDate date;
  const bool negative = in.take('-');
  if (!negative) in.take('+');
  date.year = in.number(1, 7);
  if (negative) date.year = -date.year;
  if (in.take('-')) {
    date.month = static_cast<int>(in.number(1, 2));
    if (in.take('-')) date.day = static_cast<int>(in.number(1, 2));
  }
  if (in.failed() || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month))
    return std::nullopt;
  return days_from_civil(date);
}

// Milliseconds of the day; minutes and seconds may be missing where `partial`.
std::optional<int64_t> read_time(Reader& in, bool partial) {
  const int64_t hour = in.number(1, 2);
  int64_t minute = 0;
  int64_t second = 0;
  int64_t millisecond = 0;
  if (in.take(':')) {
    minute = in.number(1, 2);
    if (in.take(':')) {
      second = in.number(1, 2);
      if (in.take('.')) millisecond = in.fraction();
    }
  } else if (!partial) {
    return std::nullopt;
  }
  if (in.failed() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return ((hour * 60 + minute) * 60 + second) * 1000 + millisecond;
}

}  // namespace

// Howard Hinnant's algorithms: years begin in March, eras have 400 of them.
int64_t days_from_civil(CivilDate date) {
  const int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilDate civil_from_days(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

int days_in_month(int64_t year, int month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

int64_t day_of(int64_t timestamp_ms) {
  const int64_t days = timestamp_ms / milliseconds_per_day;
  return days * milliseconds_per_day > timestamp_ms ? days - 1 : days;
}

void append_date(int32_t days, std::string& out) {
  const CivilDate date = civil_from_days(days);
  append_year(date.year, out);
  out += '-';
  append_padded(date.month, 2, out);
  out += '-';
  append_padded(date.day, 2, out);
}

namespace {

void append_clock(int64_t milliseconds, bool fraction, std::string& out) {
  append_padded(milliseconds / 3'600'000, 2, out);
  out += ':';
  append_padded(milliseconds / 60'000 % 60, 2, out);
  out += ':';
  append_padded(milliseconds / 1000 % 60, 2, out);
  if (!fraction) return;
  out += '.';
  append_padded(milliseconds % 1000, 3, out);
}

}  // namespace

void append_time(int32_t milliseconds, std::string& out) { append_clock(milliseconds, milliseconds % 1000 != 0, out); }

void append_timestamp(int64_t milliseconds, std::string& out) {
  const int64_t days = day_of(milliseconds);
  const CivilDate date = civil_from_days(days);
  append_year(date.year, out);
  out += '-';
  append_padded(date.month, 2, out);
  out += '-';
  append_padded(date.day, 2, out);
  out += 'T';
  // Not days * milliseconds_per_day: the first day of all begins before the smallest timestamp.
  int64_t of_day = milliseconds % milliseconds_per_day;
  if (of_day < 0) of_day += milliseconds_per_day;
  append_clock(of_day, true, out);
}

std::optional<int32_t> parse_date(std::string_view text) {
  Reader in(text);
  const auto days = read_date(in);
  if (!days || !in.done() || *days > std::numeric_limits<int32_t>::max() || *days < std::numeric_limits<int32_t>::min())
    return std::nullopt;
  return static_cast<int32_t>(*days);
}

std::optional<int32_t> parse_time(std::string_view text) {
  Reader in(text);
  const auto time = read_time(in, false);
  if (!time || !in.done()) return std::nullopt;
  return static_cast<int32_t>(*time);
}

std::optional<int64_t> parse_timestamp(std::string_view text) {
  Reader in(text);
  const auto days = read_date(in);
  if (!days) return std::nullopt;
  int64_t time = 0;
  if (in.take('T') || in.take(' ')) {
    const std::string_view rest = in.rest();
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
      const auto read = read_time(in, true);
      if (!read) return std::nullopt;
      time = *read;
    }
    if (!in.rest().empty()) {
      const auto offset = parse_offset(in.rest());
      if (!offset) return std::nullopt;
      time -= *offset;
    }
  } else if (!in.done()) {
    return std::nullopt;
  }
  return *days * milliseconds_per_day + time;
}

std::optional<int64_t> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  Reader in(text);
  const bool negative = in.take('-');
  if (!negative && !in.take('+')) return std::nullopt;
  const int64_t hours = in.number(2, 2);
  int64_t minutes = 0;
  if (!in.rest().empty()) {
    in.take(':');
    minutes = in.number(2, 2);
  }
  if (!in.done() || hours > 18 || minutes > 59 || hours * 60 + minutes > 18 * 60) return std::nullopt;
  const int64_t offset = (hours * 60 + minutes) * 60'000;
  return negative ? -offset : offset;
}

}  // namespace millrace
