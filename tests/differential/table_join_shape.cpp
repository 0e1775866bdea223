#include <fmt/format.h>

#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

using Table = std::map<Value, std::pair<int64_t, Value>>;  // key → time, V

// What a change of one side's row makes of the result, if anything.
std::optional<ResultRow> change(const JoinKind& kind, const Event& event, bool had_row, const Table& others) {
  const bool left = event.topic == 0;
  const auto other = others.find(event.key());
  const bool has_other = other != others.end();
  ResultRow row{event.time, {"KEY"}, {event.key()}, {}, {"X", "Y"}, std::nullopt};
  if (has_other) row.time = std::max(row.time, other->second.first);
  const bool pads_own = left ? kind.pads_left : kind.pads_right;
  const bool pads_other = left ? kind.pads_right : kind.pads_left;
  const bool comes = event.has_value ? has_other || pads_own : has_other && pads_other;
  if (comes) {
    row.values = Values(2);
    if (event.has_value) (*row.values)[left ? 0 : 1] = event.columns[1];
    if (has_other) (*row.values)[left ? 1 : 0] = other->second.second;
    return row;
  }
  // A tombstone where there may have been a row.
  if (has_other || (pads_own && (event.has_value || had_row))) return row;
  return std::nullopt;
}

}  // namespace

QueryCase table_join_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  const std::vector<ColumnSpec> columns = {{"K", ValueType::text}, {"V", ValueType::integer}};
  out.topics = {{"A", true, partitions, columns}, {"B", true, partitions, columns}};
  const JoinKind kind = random_join_kind(true, random);
  out.statement = fmt::format(
      "CREATE TABLE OUT WITH (partitions = 1) AS SELECT {} AS KEY, a.V AS X, b.V AS Y FROM A a {} JOIN B b ON a.K = "
      "b.K;",
      joined_key(kind, "a.K", "b.K"), kind.sql);
  out.expected = [=](const Events& events) {
    Results results;
    Table tables[2];
    for (const Event& event : events) {
      Table& own = tables[event.topic];
      if (auto row = change(kind, event, own.contains(event.key()), tables[1 - event.topic]))
        results.push_back(std::move(*row));
      if (event.has_value) {
        own[event.key()] = {event.time, event.columns[1]};
      } else {
        own.erase(event.key());
      }
    }
    return results;
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000, .no_value_percent = 25}, random);
  return out;
}

}  // namespace millrace::differential
