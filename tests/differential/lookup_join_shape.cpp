#include <fmt/format.h>

#include "tests/differential/expression.h"
#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase lookup_join_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  const std::vector<ColumnSpec> stream = {{"K", ValueType::integer}, {"R", ValueType::integer}, {"V", ValueType::text}};
  const std::vector<ColumnSpec> table = {{"K", ValueType::integer}, {"W", ValueType::integer}};
  out.topics = {{"S", false, partitions, stream}, {"T", true, partitions, table}};
  const JoinKind kind = random_join_kind(false, random);
  const auto key = static_cast<size_t>(random.below(2));
  const bool where = random.chance(30);
  out.statement = fmt::format(
      "CREATE STREAM OUT WITH (partitions = 1) AS SELECT s.{} AS KEY, V, W FROM S s {} JOIN T t ON s.{} = t.K{};",
      stream[key].name, kind.sql, stream[key].name, where ? " WHERE W IS NULL OR W > 0" : "");
  out.expected = [=](const Events& events) {
    Results results;
    std::map<Value, Value> rows;
    for (const Event& event : events) {
      if (event.topic == 1) {
        if (event.has_value) {
          rows[event.key()] = event.columns[1];
        } else {
          rows.erase(event.key());
        }
        continue;
      }
      if (!event.has_value || is_null(event.columns[key])) continue;
      const auto found = rows.find(event.columns[key]);
      if (found == rows.end() && !kind.pads_left) continue;
      const Value other = found == rows.end() ? Value() : found->second;
      if (where && !is_null(other) && number(other) <= 0) continue;
      results.push_back({event.time, {"KEY"}, {event.columns[key]}, {}, {"V", "W"}, Values{event.columns[2], other}});
    }
    return results;
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000, .no_value_percent = 10}, random);
  return out;
}

}  // namespace millrace::differential
