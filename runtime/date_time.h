// DATE, TIME and TIMESTAMP as text in the base language's own forms. All of them are in UTC.
//
// Patterns of other forms are in date_time_pattern.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

inline constexpr int64_t milliseconds_per_day = 86'400'000;

struct CivilDate {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
};

// Proleptic Gregorian calendar, days since 1970-01-01. Any year within ±10,000,000.
int64_t days_from_civil(CivilDate date);
CivilDate civil_from_days(int64_t days);
int days_in_month(int64_t year, int month);
// Rounds towards the past, so that times before 1970 are right.
int64_t day_of(int64_t timestamp_ms);

// 2001-01-31
void append_date(int32_t days, std::string& out);
// 13:01:02 or, where it has any, with milliseconds: 13:01:02.003
void append_time(int32_t milliseconds, std::string& out);
// 2001-01-31T13:01:02.003
void append_timestamp(int64_t milliseconds, std::string& out);

// 2001-01-31, 2001-01 or 2001: what is missing is the first.
std::optional<int32_t> parse_date(std::string_view text);
// 13:01:02.003, 13:01:02, 13:01
std::optional<int32_t> parse_time(std::string_view text);
// A date as above, then nothing or T and a time as above (or less of it), then nothing, Z or an offset: +0100, +01:00.
// A fraction has one to nine digits; what is finer than a millisecond is dropped.
std::optional<int64_t> parse_timestamp(std::string_view text);
// Z, z, +01, +0100, +01:00 with either sign: milliseconds to subtract from local time. At most 18 hours.
std::optional<int64_t> parse_offset(std::string_view text);

}  // namespace millrace
