#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/differential/expression.h"
#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase grouping_shape(Random& random) {
  QueryCase out;
  out.topics = {{"S", false, random.chance(50) ? 4 : 1, grouped_columns()}};
  const Grouping how{random_group_key(random), random_aggregates(AggregateUse::rows, random)};
  std::optional<Expression> where;
  if (random.chance(40)) where = random_expression(ValueType::boolean, grouped_columns(), 2, random);
  const bool having = random.chance(30);
  out.final_state = random.chance(25);
  const std::string key = fmt::format("{}", fmt::join(how.key.names, ", "));
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM S{} GROUP BY {}{};", key,
                              how.aggregates.list, where ? " WHERE " + where->sql : "", key,
                              having ? " HAVING COUNT(*) % 2 = 1" : "");
  out.expected = [=](Events events) {
    if (where) std::erase_if(events, [&](const Event& e) { return !e.has_value || !passes(*where, e.columns); });
    return group_rows(how, having, events);
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000}, random);
  return out;
}

}  // namespace millrace::differential
