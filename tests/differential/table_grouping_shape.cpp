#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/differential/expression.h"
#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase table_grouping_shape(Random& random) {
  QueryCase out;
  out.topics = {{"T", true, random.chance(50) ? 4 : 1, grouped_columns()}};
  const Grouping how{random_group_key(random), random_aggregates(AggregateUse::table, random)};
  std::optional<Expression> where;
  if (random.chance(40)) where = random_expression(ValueType::boolean, grouped_columns(), 2, random);
  out.final_state = random.chance(25);
  const std::string key = fmt::format("{}", fmt::join(how.key.names, ", "));
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM T{} GROUP BY {};", key,
                              how.aggregates.list, where ? " WHERE " + where->sql : "", key);
  out.expected = [=](Events events) {
    for (Event& event : events) event.has_value = event.has_value && (!where || passes(*where, event.columns));
    return group_table(how, events);
  };
  out.events = random_events(out.topics, {.keys = 6, .no_value_percent = 15}, random);
  return out;
}

}  // namespace millrace::differential
