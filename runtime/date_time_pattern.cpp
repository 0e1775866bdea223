#include "runtime/date_time_pattern.h"

#include <absl/strings/ascii.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "runtime/date_time.h"
#include "runtime/error.h"

namespace millrace {

namespace {

constexpr std::array<std::string_view, 12> months = {"January",   "February", "March",    "April",
                                                     "May",       "June",     "July",     "August",
                                                     "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                      "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 2> halves = {"AM", "PM"};
constexpr std::array<std::string_view, 2> eras = {"BC", "AD"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) {
           return absl::ascii_tolower(static_cast<unsigned char>(a)) ==
                  absl::ascii_tolower(static_cast<unsigned char>(b));
         });
}

// 1970-01-01 was a Thursday. 0 is Monday.
int weekday_of(int64_t days) { return static_cast<int>(((days + 3) % 7 + 7) % 7); }

int64_t time_of_day(int64_t milliseconds) {
  const int64_t rest = milliseconds % milliseconds_per_day;
  return rest < 0 ? rest + milliseconds_per_day : rest;
}

// Numbers of two letters and more have that many digits; years of three and more may have more.
bool is_fixed(char letter, int count) { return count > 1 && (count == 2 || (letter != 'y' && letter != 'u')); }

}  // namespace

// --- compiling -------------------------------------------------------------------------------------------------------

DateTimePattern::DateTimePattern(std::string_view pattern) {
  std::string problem;
  if (!compile_tokens(pattern, problem)) throw Error(ErrorCode::value_invalid, std::move(problem));
}

std::optional<DateTimePattern> DateTimePattern::compile(std::string_view pattern, std::string& problem) {
  DateTimePattern compiled;
  if (!compiled.compile_tokens(pattern, problem)) return std::nullopt;
  return compiled;
}

bool DateTimePattern::compile_tokens(std::string_view pattern, std::string& problem) {
  const auto fail = [&](std::string_view why) {
    problem = fmt::format("invalid date or time pattern '{}': {}", pattern, why);
    return false;
  };
  std::vector<size_t> open;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (is_letter(c)) {
      const size_t end = std::min(pattern.find_first_not_of(c, i), pattern.size());
      if (!add_letters(c, static_cast<int>(end - i), problem)) return fail(problem);
      i = end;
      continue;
    }
    ++i;
    if (c == '\'') {
      std::string literal;
      const bool quote = i < pattern.size() && pattern[i] == '\'';
      while (!quote && i < pattern.size() && (pattern[i] != '\'' || pattern.substr(i, 2) == "''")) {
        literal += pattern[i];
        i += pattern[i] == '\'' ? 2 : 1;
      }
      if (i == pattern.size()) return fail("a quote is not closed");
      ++i;
      tokens_.push_back({.kind = Kind::literal, .literal = quote ? "'" : std::move(literal)});
    } else if (c == '[') {
      open.push_back(tokens_.size());
      tokens_.push_back({.kind = Kind::optional_begin});
    } else if (c == ']') {
      if (open.empty()) return fail("']' without '['");
      tokens_[open.back()].end = tokens_.size();
      open.pop_back();
      tokens_.push_back({.kind = Kind::optional_end});
    } else if (c == '{' || c == '}' || c == '#') {
      return fail(fmt::format("'{}' is reserved", c));
    } else {
      tokens_.push_back({.kind = Kind::literal, .literal = std::string(1, c)});
    }
  }
  if (!open.empty()) return fail("'[' is not closed");
  close_numbers();
  return true;
}

bool DateTimePattern::add_letters(char letter, int count, std::string& problem) {
  // Each letter with the most of it that there may be.
  struct Letter {
    char letter;
    Kind kind;
    int count_max;
  };
  constexpr Letter letters[] = {
      {'y', Kind::number, 9}, {'u', Kind::number, 9}, {'M', Kind::number, 5},   {'L', Kind::number, 5},
      {'d', Kind::number, 2}, {'D', Kind::number, 3}, {'H', Kind::number, 2},   {'k', Kind::number, 2},
      {'K', Kind::number, 2}, {'h', Kind::number, 2}, {'m', Kind::number, 2},   {'s', Kind::number, 2},
      {'A', Kind::number, 9}, {'n', Kind::number, 9}, {'S', Kind::fraction, 9}, {'E', Kind::text, 5},
      {'a', Kind::text, 1},   {'G', Kind::text, 5},   {'X', Kind::offset, 5},   {'x', Kind::offset, 5},
      {'Z', Kind::offset, 5}, {'O', Kind::offset, 4}, {'z', Kind::zone, 4},     {'V', Kind::zone, 2},
  };
  const auto* found =
      std::find_if(std::begin(letters), std::end(letters), [&](const Letter& known) { return known.letter == letter; });
  if (found == std::end(letters)) {
    problem = fmt::format("the letter '{}' is not known", letter);
    return false;
  }
  if (count > found->count_max) {
    problem = fmt::format("too many letters '{}'", letter);
    return false;
  }
  const bool name = (letter == 'M' || letter == 'L') && count > 2;
  tokens_.push_back({.kind = name ? Kind::text : found->kind, .letter = letter, .count = count});
  return true;
}

void DateTimePattern::close_numbers() {
  int reserved = 0;
  for (size_t i = tokens_.size(); i-- > 0;) {
    Token& token = tokens_[i];
    if (token.kind == Kind::number) {
      token.reserved = reserved;
      reserved = is_fixed(token.letter, token.count) ? reserved + token.count : 0;
    } else {
      reserved = token.kind == Kind::fraction ? token.count : 0;
    }
  }
}

// --- reading ---------------------------------------------------------------------------------------------------------

struct DateTimePattern::Parsed {
  std::optional<int64_t> year;
  std::optional<int64_t> month, day, day_of_year, weekday, era;
  std::optional<int64_t> hour, hour12, half, minute, second, millisecond, millisecond_of_day;
  std::optional<int64_t> offset_ms;
  std::optional<TimeZone> zone;

  std::optional<int64_t> days() const;
  std::optional<int64_t> of_day() const;
};

std::optional<int64_t> DateTimePattern::Parsed::days() const {
  CivilDate date;
  date.year = year.value_or(1970);
  if (era && *era == 0) date.year = 1 - date.year;
  int64_t days;
  if (day_of_year) {
    const int64_t length = days_in_month(date.year, 2) == 29 ? 366 : 365;
    if (*day_of_year < 1 || *day_of_year > length) return std::nullopt;
    days = days_from_civil(date) + *day_of_year - 1;
  } else {
    if (month && (*month < 1 || *month > 12)) return std::nullopt;
    if (day && (*day < 1 || *day > 31)) return std::nullopt;
    date.month = static_cast<int>(month.value_or(1));
    date.day = std::min(static_cast<int>(day.value_or(1)), days_in_month(date.year, date.month));
    days = days_from_civil(date);
  }
  if (weekday && *weekday != weekday_of(days)) return std::nullopt;
  return days;
}

std::optional<int64_t> DateTimePattern::Parsed::of_day() const {
  if (millisecond_of_day) {
    if (*millisecond_of_day >= milliseconds_per_day) return std::nullopt;
    return millisecond_of_day;
  }
  int64_t hours = hour.value_or(0);
  if (hour12) hours = *hour12 + half.value_or(0) * 12;
  if (hours > 23 || minute.value_or(0) > 59 || second.value_or(0) > 59) return std::nullopt;
  return ((hours * 60 + minute.value_or(0)) * 60 + second.value_or(0)) * 1000 + millisecond.value_or(0);
}

bool DateTimePattern::parse(std::string_view text, Parsed& parsed) const {
  return parse_tokens(0, tokens_.size(), text, parsed) && text.empty();
}

bool DateTimePattern::parse_tokens(size_t begin, size_t end, std::string_view& text, Parsed& parsed) const {
  for (size_t i = begin; i < end; ++i) {
    const Token& token = tokens_[i];
    if (token.kind == Kind::optional_begin) {
      std::string_view rest = text;
      Parsed attempt = parsed;
      if (parse_tokens(i + 1, token.end, rest, attempt)) {
        text = rest;
        parsed = attempt;
      }
      i = token.end;
    } else if (!parse_token(token, text, parsed)) {
      return false;
    }
  }
  return true;
}

bool DateTimePattern::parse_token(const Token& token, std::string_view& text, Parsed& parsed) {
  switch (token.kind) {
    case Kind::literal:
      if (!starts_with(text, token.literal)) return false;
      text.remove_prefix(token.literal.size());
      return true;
    case Kind::number:
      return parse_number(token, text, parsed);
    case Kind::fraction:
      return parse_fraction(token, text, parsed);
    case Kind::text:
      return parse_text(token, text, parsed);
    case Kind::offset:
      if (starts_with(text, "GMT")) text.remove_prefix(3);
      // +01:00, +0100, +01, Z: the longest that fits.
      for (const size_t size : {6U, 5U, 3U, 1U}) {
        if (text.size() < size) continue;
        parsed.offset_ms = parse_offset(text.substr(0, size));
        if (!parsed.offset_ms) continue;
        text.remove_prefix(size);
        return true;
      }
      return false;
    case Kind::zone: {
      size_t size = 0;
      while (size < text.size() && (is_letter(text[size]) || is_digit(text[size]) ||
                                    std::string_view("/_+-:").find(text[size]) != std::string_view::npos))
        ++size;
      parsed.zone = TimeZone::find(text.substr(0, size));
      text.remove_prefix(size);
      return parsed.zone.has_value();
    }
    default:
      return false;
  }
}

bool DateTimePattern::parse_number(const Token& token, std::string_view& text, Parsed& parsed) {
  const bool year = token.letter == 'y' || token.letter == 'u';
  bool negative = false;
  bool plus = false;
  if (!is_fixed(token.letter, token.count) && !text.empty() && (text[0] == '-' || (text[0] == '+' && year))) {
    negative = text[0] == '-';
    plus = !negative;
    text.remove_prefix(1);
  }
  int available = 0;
  while (available < 18 && static_cast<size_t>(available) < text.size() &&
         is_digit(text[static_cast<size_t>(available)]))
    ++available;
  const bool fixed = is_fixed(token.letter, token.count);
  const int width = fixed ? token.count : std::max(token.count, available - token.reserved);
  // Four letters are four digits, unless a sign says that there are more.
  if (width > available || (year && token.count >= 4 && width > token.count && !plus && !negative)) return false;
  int64_t value = 0;
  for (int i = 0; i < width; ++i) value = value * 10 + (text[static_cast<size_t>(i)] - '0');
  text.remove_prefix(static_cast<size_t>(width));
  if (negative) value = -value;
  if (value < 0 && !year) return false;
  switch (token.letter) {
    case 'y':
    case 'u':
      if (value > 9'999'999 || value < -9'999'999) return false;
      parsed.year = token.count == 2 ? 2000 + value : value;
      break;
    case 'M':
    case 'L':
      parsed.month = value;
      break;
    case 'd':
      parsed.day = value;
      break;
    case 'D':
      parsed.day_of_year = value;
      break;
    case 'H':
      parsed.hour = value;
      break;
    case 'k':
      if (value < 1 || value > 24) return false;
      parsed.hour = value % 24;
      break;
    case 'K':
      if (value > 11) return false;
      parsed.hour12 = value;
      break;
    case 'h':
      if (value < 1 || value > 12) return false;
      parsed.hour12 = value % 12;
      break;
    case 'm':
      parsed.minute = value;
      break;
    case 's':
      parsed.second = value;
      break;
    case 'n':
      parsed.millisecond = value / 1'000'000;
      break;
    default:
      parsed.millisecond_of_day = value;
      break;
  }
  return true;
}

bool DateTimePattern::parse_fraction(const Token& token, std::string_view& text, Parsed& parsed) {
  const auto width = static_cast<size_t>(token.count);
  if (text.size() < width || !std::all_of(text.begin(), text.begin() + token.count, is_digit)) return false;
  int64_t nanoseconds = 0;
  for (size_t i = 0; i < 9; ++i) nanoseconds = nanoseconds * 10 + (i < width ? text[i] - '0' : 0);
  parsed.millisecond = nanoseconds / 1'000'000;
  text.remove_prefix(width);
  return true;
}

bool DateTimePattern::parse_text(const Token& token, std::string_view& text, Parsed& parsed) {
  // Short names have three letters; nothing where `names` has none that the text begins with.
  const auto take = [&](const auto& names, bool is_short) -> std::optional<int64_t> {
    for (size_t i = 0; i < names.size(); ++i) {
      const std::string_view name = is_short ? names[i].substr(0, 3) : names[i];
      if (!starts_with(text, name)) continue;
      text.remove_prefix(name.size());
      return static_cast<int64_t>(i);
    }
    return std::nullopt;
  };
  switch (token.letter) {
    case 'M':
    case 'L':
      parsed.month = take(months, token.count == 3);
      if (!parsed.month) return false;
      ++*parsed.month;
      return true;
    case 'E':
      parsed.weekday = take(weekdays, token.count != 4);
      return parsed.weekday.has_value();
    case 'a':
      parsed.half = take(halves, false);
      return parsed.half.has_value();
    default:
      parsed.era = take(eras, false);
      return parsed.era.has_value();
  }
}

std::optional<int64_t> DateTimePattern::parse_timestamp(std::string_view text, const TimeZone& zone) const {
  Parsed parsed;
  if (!parse(text, parsed)) return std::nullopt;
  const auto days = parsed.days();
  const auto of_day = parsed.of_day();
  if (!days || !of_day) return std::nullopt;
  const int64_t local = *days * milliseconds_per_day + *of_day;
  if (parsed.offset_ms) return local - *parsed.offset_ms;
  return (parsed.zone ? *parsed.zone : zone).to_utc(local);
}

std::optional<int32_t> DateTimePattern::parse_date(std::string_view text) const {
  Parsed parsed;
  if (!parse_tokens(0, tokens_.size(), text, parsed)) return std::nullopt;
  const auto days = parsed.days();
  if (!days || *days != static_cast<int32_t>(*days)) return std::nullopt;
  return static_cast<int32_t>(*days);
}

std::optional<int32_t> DateTimePattern::parse_time(std::string_view text) const {
  Parsed parsed;
  if (!parse(text, parsed)) return std::nullopt;
  const auto of_day = parsed.of_day();
  if (!of_day) return std::nullopt;
  return static_cast<int32_t>(*of_day);
}

// --- printing --------------------------------------------------------------------------------------------------------

struct DateTimePattern::Moment {
  CivilDate date;
  int64_t days = 0;
  int64_t of_day = 0;  // milliseconds
  int64_t utc_ms = 0;
  int64_t offset_ms = 0;
  TimeZone zone;
};

void DateTimePattern::format_timestamp(int64_t milliseconds, std::string& out, const TimeZone& zone) const {
  const int64_t offset = zone.offset_at(milliseconds);
  // The first and the last hours of all have no other local time.
  int64_t local;
  if (__builtin_add_overflow(milliseconds, offset, &local)) local = milliseconds;
  const int64_t days = day_of(local);
  format({civil_from_days(days), days, time_of_day(local), milliseconds, offset, zone}, out);
}

void DateTimePattern::format_date(int32_t days, std::string& out) const {
  format({civil_from_days(days), days, 0, days * milliseconds_per_day, 0, {}}, out);
}

void DateTimePattern::format_time(int32_t milliseconds, std::string& out) const {
  format({{}, 0, milliseconds, milliseconds, 0, {}}, out);
}

void DateTimePattern::format(const Moment& moment, std::string& out) const {
  for (const Token& token : tokens_) {
    switch (token.kind) {
      case Kind::literal:
        out += token.literal;
        break;
      case Kind::number:
        format_number(token, moment, out);
        break;
      case Kind::fraction:
        out += fmt::format("{:09}", moment.of_day % 1000 * 1'000'000).substr(0, static_cast<size_t>(token.count));
        break;
      case Kind::text:
        format_text(token, moment, out);
        break;
      case Kind::offset:
        format_offset(token, moment.offset_ms, out);
        break;
      case Kind::zone:
        out += token.letter == 'V' ? moment.zone.name() : moment.zone.abbreviation_at(moment.utc_ms);
        break;
      case Kind::optional_begin:
      case Kind::optional_end:
        break;
    }
  }
}

void DateTimePattern::format_number(const Token& token, const Moment& moment, std::string& out) {
  const int64_t hour = moment.of_day / 3'600'000;
  int64_t value = 0;
  switch (token.letter) {
    case 'y':
      value = moment.date.year > 0 ? moment.date.year : 1 - moment.date.year;
      break;
    case 'u':
      value = moment.date.year;
      break;
    case 'M':
    case 'L':
      value = moment.date.month;
      break;
    case 'd':
      value = moment.date.day;
      break;
    case 'D':
      value = moment.days - days_from_civil({moment.date.year, 1, 1}) + 1;
      break;
    case 'H':
      value = hour;
      break;
    case 'k':
      value = hour == 0 ? 24 : hour;
      break;
    case 'K':
      value = hour % 12;
      break;
    case 'h':
      value = hour % 12 == 0 ? 12 : hour % 12;
      break;
    case 'm':
      value = moment.of_day / 60'000 % 60;
      break;
    case 's':
      value = moment.of_day / 1000 % 60;
      break;
    case 'n':
      value = moment.of_day % 1000 * 1'000'000;
      break;
    default:
      value = moment.of_day;
      break;
  }
  const bool year = token.letter == 'y' || token.letter == 'u';
  if (year && token.count == 2) value = (value % 100 + 100) % 100;
  if (value < 0) out += '-';
  if (year && token.count >= 4 && value > 9999) out += '+';
  out += fmt::format("{:0{}}", value < 0 ? -value : value, token.count);
}

void DateTimePattern::format_text(const Token& token, const Moment& moment, std::string& out) {
  const auto put = [&](std::string_view name, int count) {
    out += count == 4 ? name : name.substr(0, count == 5 ? 1 : 3);
  };
  switch (token.letter) {
    case 'M':
    case 'L':
      return put(months[static_cast<size_t>(moment.date.month - 1)], token.count);
    case 'E':
      return put(weekdays[static_cast<size_t>(weekday_of(moment.days))], token.count);
    case 'a':
      out += halves[moment.of_day < milliseconds_per_day / 2 ? 0 : 1];
      return;
    default:
      out += eras[moment.date.year > 0 ? 1 : 0];
      return;
  }
}

void DateTimePattern::format_offset(const Token& token, int64_t offset_ms, std::string& out) {
  const bool colon = ((token.letter == 'X' || token.letter == 'x') && (token.count == 3 || token.count == 5)) ||
                     (token.letter == 'Z' && token.count == 5) || token.letter == 'O';
  const bool zulu = token.letter == 'X' || (token.letter == 'Z' && token.count == 5);
  if (offset_ms == 0 && zulu) {
    out += 'Z';
    return;
  }
  if (token.letter == 'O' || (token.letter == 'Z' && token.count == 4)) out += "GMT";
  if (token.letter == 'O' && offset_ms == 0) return;
  append_offset(offset_ms, colon, out);
  // One letter leaves out minutes that are none.
  if ((token.letter == 'X' || token.letter == 'x') && token.count == 1 && offset_ms % 3'600'000 == 0)
    out.resize(out.size() - 2);
}

}  // namespace millrace
