// Time zones by name, from the machine's time zone database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

// A small value; a default one is UTC. Safe to use from any thread.
class TimeZone {
 public:
  TimeZone() = default;
  // Europe/Berlin, UTC, GMT, Z, +01:00, UTC+1, GMT-05:30 and the abbreviations PST, PDT, EST, CET and so on.
  static std::optional<TimeZone> find(std::string_view name);
  // `offset_ms` is what local time is ahead of UTC.
  static TimeZone fixed(int64_t offset_ms);

  int64_t offset_at(int64_t utc_ms) const;
  // Where clocks are turned back, the earlier of both; where they are put forward, the time after the gap by as much.
  int64_t to_utc(int64_t local_ms) const;
  // CEST, PDT, UTC, +05:30
  std::string abbreviation_at(int64_t utc_ms) const;
  // As it was asked for.
  std::string name() const;

 private:
  const void* zone_ = nullptr;  // of the time zone database, which lives as long as the program; null: fixed
  int64_t offset_ms_ = 0;
};

// +01:00 (`colon`) or +0100. Seconds are dropped.
void append_offset(int64_t offset_ms, bool colon, std::string& out);

}  // namespace millrace
