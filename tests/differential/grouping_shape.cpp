#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "tests/differential/aggregates.h"
#include "tests/differential/expression.h"
#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

struct Group {
  int64_t time = 0;
  std::vector<GroupedRow> rows;
};

}  // namespace

QueryCase grouping_shape(Random& random) {
  QueryCase out;
  out.topics = {{"S", false, random.chance(50) ? 4 : 1, grouped_columns()}};
  const GroupKey key = random_group_key(random);
  const Aggregates aggregates = random_aggregates(AggregateUse::rows, random);
  std::optional<Expression> where;
  if (random.chance(40)) where = random_expression(ValueType::boolean, grouped_columns(), 2, random);
  const bool having = random.chance(30);
  out.final_state = random.chance(25);
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM S{} GROUP BY {}{};",
                              fmt::join(key.names, ", "), aggregates.list, where ? " WHERE " + where->sql : "",
                              fmt::join(key.names, ", "), having ? " HAVING COUNT(*) % 2 = 1" : "");
  out.expected = [=](const Events& events) {
    Results results;
    std::map<Values, Group> groups;
    std::set<Values> passed;
    int64_t arrival = 0;
    for (const Event& event : events) {
      ++arrival;
      if (!event.has_value || (where && !passes(*where, event.columns))) continue;
      const Values keys = key.of(event.columns);
      if (any_null(keys)) continue;
      Group& group = groups[keys];
      group.time = std::max(group.time, event.time);
      group.rows.push_back({event.columns[value_column], arrival});
      ResultRow row{group.time, key.names, keys, {}, aggregates.names, aggregates.compute(group.rows)};
      if (having && group.rows.size() % 2 == 0) {
        if (passed.erase(keys) == 0) continue;
        row.values.reset();
      }
      if (row.values) passed.insert(keys);
      results.push_back(std::move(row));
    }
    return results;
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000}, random);
  return out;
}

}  // namespace millrace::differential
