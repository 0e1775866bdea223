#include "runtime/time_zone.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "runtime/date_time.h"

namespace millrace {

namespace {

using std::chrono::milliseconds;

const date::time_zone& database_zone(const void* zone) { return *static_cast<const date::time_zone*>(zone); }

struct Abbreviation {
  std::string_view text;
  std::string_view zone;
};

constexpr Abbreviation abbreviations[] = {
    {"AEDT", "Australia/Sydney"},  {"AEST", "Australia/Sydney"},   {"AKDT", "America/Anchorage"},
    {"AKST", "America/Anchorage"}, {"BST", "Europe/London"},       {"CDT", "America/Chicago"},
    {"CEST", "Europe/Paris"},      {"CET", "Europe/Paris"},        {"CST", "America/Chicago"},
    {"EDT", "America/New_York"},   {"EEST", "Europe/Helsinki"},    {"EET", "Europe/Helsinki"},
    {"EST", "America/New_York"},   {"HST", "Pacific/Honolulu"},    {"IST", "Asia/Kolkata"},
    {"JST", "Asia/Tokyo"},         {"MDT", "America/Denver"},      {"MSK", "Europe/Moscow"},
    {"MST", "America/Denver"},     {"PDT", "America/Los_Angeles"}, {"PST", "America/Los_Angeles"},
    {"WET", "Europe/Lisbon"},
};

// +1, +01, +0100, +01:00
std::optional<int64_t> parse_loose_offset(std::string_view text) {
  if (text.size() == 2) {
    const std::string padded{text[0], '0', text[1]};
    return parse_offset(padded);
  }
  return parse_offset(text);
}

}  // namespace

TimeZone TimeZone::fixed(int64_t offset_ms) {
  TimeZone zone;
  zone.offset_ms_ = offset_ms;
  return zone;
}

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  if (name == "Z" || name == "UTC" || name == "GMT" || name == "UT") return TimeZone();
  for (const std::string_view prefix : {"UTC", "GMT", "UT", ""})
    if (name.size() > prefix.size() && name.substr(0, prefix.size()) == prefix &&
        (name[prefix.size()] == '+' || name[prefix.size()] == '-')) {
      const auto offset = parse_loose_offset(name.substr(prefix.size()));
      if (!offset) return std::nullopt;
      return fixed(*offset);
    }
  const auto* found = std::find_if(std::begin(abbreviations), std::end(abbreviations),
                                   [&](const Abbreviation& abbreviation) { return abbreviation.text == name; });
  if (found != std::end(abbreviations)) name = found->zone;
  // Names are looked for in a list, not as files: what a user says never becomes a path.
  const auto& zones = date::get_tzdb().zones;
  const auto it =
      std::lower_bound(zones.begin(), zones.end(), name,
                       [](const date::time_zone& zone, std::string_view text) { return zone.name() < text; });
  TimeZone zone;
  if (it != zones.end() && it->name() == name) {
    zone.zone_ = &*it;
    return zone;
  }
  return std::nullopt;
}

int64_t TimeZone::offset_at(int64_t utc_ms) const {
  if (zone_ == nullptr) return offset_ms_;
  return milliseconds(database_zone(zone_).get_info(date::sys_time<milliseconds>(milliseconds(utc_ms))).offset).count();
}

int64_t TimeZone::to_utc(int64_t local_ms) const {
  if (zone_ == nullptr) return local_ms - offset_ms_;
  // Both for what is twice and for what never is, the offset before the change is the one to take.
  const auto info = database_zone(zone_).get_info(date::local_time<milliseconds>(milliseconds(local_ms)));
  return local_ms - milliseconds(info.first.offset).count();
}

std::string TimeZone::abbreviation_at(int64_t utc_ms) const {
  if (zone_ == nullptr) return name();
  return database_zone(zone_).get_info(date::sys_time<milliseconds>(milliseconds(utc_ms))).abbrev;
}

std::string TimeZone::name() const {
  if (zone_ != nullptr) return database_zone(zone_).name();
  if (offset_ms_ == 0) return "UTC";
  std::string text;
  append_offset(offset_ms_, true, text);
  return text;
}

void append_offset(int64_t offset_ms, bool colon, std::string& out) {
  const int64_t minutes = (offset_ms < 0 ? -offset_ms : offset_ms) / 60'000;
  out += fmt::format("{}{:02}{}{:02}", offset_ms < 0 ? '-' : '+', minutes / 60, colon ? ":" : "", minutes % 60);
}

}  // namespace millrace
