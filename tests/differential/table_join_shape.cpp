#include <fmt/format.h>

#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase table_join_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  out.topics = {{"A", true, partitions, {{"K", ValueType::text}, {"X", ValueType::integer}, {"L", ValueType::list}}},
                {"B", true, partitions, {{"K", ValueType::text}, {"Y", ValueType::integer}}}};
  const JoinKind kind = random_join_kind(true, random);
  out.statement = fmt::format(
      "CREATE TABLE OUT WITH (partitions = 1) AS SELECT {} AS KEY, X, L, Y FROM A a {} JOIN B b ON a.K = b.K;",
      joined_key(kind, "a.K", "b.K"), kind.sql);
  out.expected = [kind, topics = out.topics](const Events& events) { return join_tables(kind, topics, events); };
  out.events = random_events(out.topics, {.disorder_ms = 1000, .no_value_percent = 25}, random);
  return out;
}

}  // namespace millrace::differential
