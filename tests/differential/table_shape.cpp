#include <fmt/format.h>

#include "tests/differential/expression.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

const std::vector<ColumnSpec> columns = {{"K", ValueType::integer}, {"A", ValueType::integer}, {"C", ValueType::text}};

}  // namespace

// What does not pass is a tombstone, whether or not the row before it passed.
QueryCase table_shape(Random& random) {
  QueryCase out;
  out.topics = {{"T", true, random.chance(50) ? 4 : 1, columns}};
  const Expression where = random_expression(ValueType::boolean, columns, 2, random);
  const Expression value = random_expression(ValueType::integer, columns, 2, random);
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT K, AS_VALUE({}) AS V FROM T WHERE {};",
                              value.sql, where.sql);
  out.expected = [=](const Events& events) {
    Results results;
    for (const Event& event : events) {
      ResultRow row{event.time, {"K"}, {event.key()}, {}, {"V"}, std::nullopt};
      if (event.has_value && passes(where, event.columns)) row.values = {value.value(event.columns)};
      results.push_back(std::move(row));
    }
    return results;
  };
  out.events = random_events(out.topics, {.no_value_percent = 15}, random);
  return out;
}

}  // namespace millrace::differential
