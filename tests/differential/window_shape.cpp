#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase window_shape(Random& random) {
  const Grouping how{random_group_key(random), random_aggregates(AggregateUse::rows, random)};
  Windowing windows;
  windows.size = random.pick(std::vector<int64_t>{500, 1000, 1500});
  windows.advance = random.chance(50) ? windows.size : random.pick(std::vector<int64_t>{200, 250, 300, 500});
  windows.grace = random.pick(std::vector<int64_t>{0, 100, 700, 2000});
  windows.final = random.chance(50);
  QueryCase out;
  out.final_state = !windows.final && random.chance(25);
  out.window_bounds = 1;
  // Which rows share a time where they are grouped by another key than their partitions' nobody can know.
  out.topics = {{"S", false, how.key.is_source_key() && random.chance(60) ? 4 : 1, grouped_columns()}};
  const std::string key = fmt::format("{}", fmt::join(how.key.names, ", "));
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM S WINDOW {} GROUP BY {}{};",
                              key, how.aggregates.list, windows.sql(), key, windows.final ? " EMIT FINAL" : "");
  out.expected = [=](const Events& events) { return group_windows(how, windows, events); };
  out.events = random_events(out.topics, {.count = 80, .disorder_ms = 3000, .jump_percent = 3}, random);
  return out;
}

}  // namespace millrace::differential
