#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tests/differential/aggregates.h"
#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

struct Windowing {
  GroupKey key;
  Aggregates aggregates;
  int64_t size = 1000, advance = 1000, grace = 0;
  bool final = false;
};

// Windows of all partitions; those of one close by its own time.
class Windows {
 public:
  explicit Windows(const Windowing& how) : how_(how) {}

  void add(const Event& event, int64_t arrival) {
    const Values keys = how_.key.of(event.columns);
    if (any_null(keys)) return;
    int64_t& now = times_.try_emplace(event.partition, event.time).first->second;
    now = std::max(now, event.time);
    if (how_.final) close(event.partition, now);
    for (int64_t start = 0; start <= event.time; start += how_.advance) {
      if (start + how_.size <= event.time || start + how_.size + how_.grace <= now) continue;
      Window& window = windows_[{event.partition, start, keys}];
      window.time = std::max(window.time, event.time);
      window.rows.push_back({event.columns[value_column], arrival});
      if (!how_.final) emit(start, keys, window);
    }
  }
  Results results;

 private:
  struct Window {
    int64_t time = 0;
    std::vector<GroupedRow> rows;
  };

  void close(int32_t partition, int64_t now) {
    for (auto at = windows_.begin(); at != windows_.end();) {
      const auto& [of, start, keys] = at->first;
      if (of == partition && start + how_.size + how_.grace <= now) {
        emit(start, keys, at->second);
        at = windows_.erase(at);
      } else {
        ++at;
      }
    }
  }
  void emit(int64_t start, const Values& keys, const Window& window) {
    results.push_back(
        {window.time, how_.key.names, keys, {start}, how_.aggregates.names, how_.aggregates.compute(window.rows)});
  }

  const Windowing& how_;
  std::map<int32_t, int64_t> times_;
  std::map<std::tuple<int32_t, int64_t, Values>, Window> windows_;
};

}  // namespace

QueryCase window_shape(Random& random) {
  Windowing how{random_group_key(random), random_aggregates(AggregateUse::rows, random)};
  QueryCase out;
  how.size = random.pick(std::vector<int64_t>{500, 1000, 1500});
  how.advance = random.chance(50) ? how.size : random.pick(std::vector<int64_t>{200, 250, 300, 500});
  how.grace = random.pick(std::vector<int64_t>{0, 100, 700, 2000});
  how.final = random.chance(50);
  out.final_state = !how.final && random.chance(25);
  out.window_bounds = 1;
  // Which rows share a time where they are grouped by another key than their partitions' nobody can know.
  out.topics = {{"S", false, how.key.is_source_key() && random.chance(60) ? 4 : 1, grouped_columns()}};
  const std::string window =
      how.advance == how.size
          ? fmt::format("TUMBLING (SIZE {} MILLISECONDS, GRACE PERIOD {} MILLISECONDS)", how.size, how.grace)
          : fmt::format("HOPPING (SIZE {} MILLISECONDS, ADVANCE BY {} MILLISECONDS, GRACE PERIOD {} MILLISECONDS)",
                        how.size, how.advance, how.grace);
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM S WINDOW {} GROUP BY {}{};",
                              fmt::join(how.key.names, ", "), how.aggregates.list, window,
                              fmt::join(how.key.names, ", "), how.final ? " EMIT FINAL" : "");
  out.expected = [how](const Events& events) {
    Windows windows(how);
    int64_t arrival = 0;
    for (const Event& event : events)
      if (event.has_value) windows.add(event, ++arrival);
    return std::move(windows.results);
  };
  out.events = random_events(out.topics, {.count = 80, .disorder_ms = 3000, .jump_percent = 3}, random);
  return out;
}

}  // namespace millrace::differential
