#include "tests/backlog/queries.h"

#include <absl/base/internal/endian.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace millrace::testing {

namespace {

using Json = nlohmann::json;

constexpr int64_t minute = 60'000;
constexpr int64_t hour = 60 * minute;
constexpr int64_t day = 24 * hour;
constexpr int32_t late = 30;
constexpr int32_t very_late = 60;

struct Total {
  int64_t count = 0;
  int64_t delay = 0;
};
using Totals = std::unordered_map<std::string, std::unordered_map<int64_t, Total>>;  // by origin, by window's start

std::string window_row(std::string_view origin, int64_t start, int64_t count, int64_t delay) {
  return fmt::format("{},{},{},{}", origin, start, count, delay);
}

Digest digest_of(const Totals& totals) {
  Digest digest;
  for (const auto& [origin, windows] : totals)
    for (const auto& [start, total] : windows) digest.add(window_row(origin, start, total.count, total.delay));
  return digest;
}

Totals count_windows(std::span<const Flight> flights, int64_t size, int64_t advance) {
  Totals totals;
  for (const Flight& flight : flights) {
    auto& windows = totals[flight.origin];
    for (int64_t start = flight.time - flight.time % advance; start > flight.time - size; start -= advance) {
      Total& total = windows[start];
      ++total.count;
      total.delay += flight.delay;
    }
  }
  return totals;
}

Digest late_flights(std::span<const Flight> flights) {
  Digest digest;
  for (const Flight& flight : flights)
    if (flight.delay > late)
      digest.add(fmt::format("{},{},{},{}", flight.origin, flight.destination, flight.distance, flight.delay));
  return digest;
}

Digest hours(std::span<const Flight> flights) { return digest_of(count_windows(flights, hour, hour)); }

Digest days(std::span<const Flight> flights) { return digest_of(count_windows(flights, day, hour)); }

Digest connections(std::span<const Flight> flights) {
  std::unordered_map<std::string, std::vector<const Flight*>> departures;
  for (const Flight& flight : flights)
    if (flight.delay > very_late) departures[flight.origin].push_back(&flight);
  Digest digest;
  for (const Flight& flight : flights) {
    const auto& onward = departures[flight.destination];
    auto next = std::lower_bound(onward.begin(), onward.end(), flight.time,
                                 [](const Flight* each, int64_t time) { return each->time < time; });
    for (; next != onward.end() && (*next)->time <= flight.time + 30 * minute; ++next)
      digest.add(fmt::format("{},{},{},{},{},{}", flight.origin, flight.destination, (*next)->destination, flight.time,
                             (*next)->time, (*next)->delay));
  }
  return digest;
}

std::string late_row(Bytes key, Bytes value) {
  const Json row = Json::parse(value);
  return fmt::format("{},{},{},{}", key, row.at("DESTINATION").get<std::string>(), row.at("DISTANCE").get<int>(),
                     row.at("DELAY").get<int>());
}

// The key is the origin and, as eight bytes, the window's start.
std::string total_row(Bytes key, Bytes value) {
  const Json row = Json::parse(value);
  const auto start = static_cast<int64_t>(absl::big_endian::Load64(key.data() + key.size() - sizeof(int64_t)));
  return window_row(key.substr(0, key.size() - sizeof(int64_t)), start, row.at("N").get<int64_t>(),
                    row.at("TOTAL").get<int64_t>());
}

std::string connection_row(Bytes key, Bytes value) {
  const Json row = Json::parse(value);
  return fmt::format("{},{},{},{},{},{}", row.at("BEGINS").get<std::string>(), key, row.at("ENDS").get<std::string>(),
                     row.at("DEPARTED").get<int64_t>(), row.at("GOES_ON").get<int64_t>(), row.at("DELAY").get<int>());
}

}  // namespace

void Digest::add(std::string_view row) {
  ++rows;
  sum += XXH3_64bits(row.data(), row.size());
}

std::string create_flights() {
  return "CREATE STREAM flights (origin STRING KEY, destination STRING, distance INT, delay INT) WITH (kafka_topic = "
         "'flights', value_format = 'JSON');";
}

std::string flight_value(const Flight& flight) {
  return fmt::format(R"({{"DESTINATION":"{}","DISTANCE":{},"DELAY":{}}})", flight.destination, flight.distance,
                     flight.delay);
}

std::span<const BacklogQuery> backlog_queries() {
  static const std::vector<BacklogQuery> queries = {
      {.name = "filter",
       .statement = fmt::format("CREATE STREAM late AS SELECT * FROM flights WHERE delay > {};", late),
       .topic = "LATE",
       .known = 342'919,
       .cpu_aim = 2,
       .expected = late_flights,
       .row = late_row},
      {.name = "tumbling",
       .statement = "CREATE TABLE hours AS SELECT origin, COUNT(*) AS n, SUM(delay) AS total FROM flights WINDOW "
                    "TUMBLING (SIZE 1 HOUR) GROUP BY origin EMIT FINAL;",
       .topic = "HOURS",
       .table = true,
       .final = true,
       .known = 424'259,
       .cpu_aim = 3,
       .expected = hours,
       .row = total_row},
      {.name = "hop",
       .statement = "CREATE TABLE days AS SELECT origin, COUNT(*) AS n, SUM(delay) AS total FROM flights WINDOW "
                    "HOPPING (SIZE 24 HOURS, ADVANCE BY 1 HOUR) GROUP BY origin;",
       .topic = "DAYS",
       .table = true,
       .known = 961'436,
       .expected = days,
       .row = total_row},
      {.name = "join",
       .statement = fmt::format(
           "CREATE STREAM connections AS SELECT a.origin AS begins, a.destination AS via, b.destination AS ends, "
           "a.ROWTIME AS departed, b.ROWTIME AS goes_on, b.delay AS delay FROM flights a JOIN flights b WITHIN (0 "
           "MINUTES, 30 MINUTES) ON a.destination = b.origin WHERE b.delay > {};",
           very_late),
       .topic = "CONNECTIONS",
       .known = 1'413'110,
       .expected = connections,
       .row = connection_row},
  };
  return queries;
}

}  // namespace millrace::testing
