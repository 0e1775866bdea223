#include <fmt/format.h>

#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase foreign_key_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  out.topics = {{"A", true, partitions, {{"K", ValueType::text}, {"R", ValueType::integer}, {"V", ValueType::integer}}},
                {"B", true, partitions, {{"K", ValueType::integer}, {"W", ValueType::text}}}};
  const JoinKind kind = random_join_kind(false, random);
  const auto reference = static_cast<size_t>(random.between(1, 2));
  out.statement = fmt::format(
      "CREATE TABLE OUT WITH (partitions = 1) AS SELECT a.K AS KEY, R, V, W FROM A a {} JOIN B b ON a.{} = b.K;",
      kind.sql, out.topics[0].columns[reference].name);
  out.expected = [kind, reference, topics = out.topics](const Events& events) {
    return join_foreign(kind, reference, topics, events);
  };
  out.events = random_events(out.topics, {.keys = 5, .disorder_ms = 1000, .no_value_percent = 20}, random);
  return out;
}

}  // namespace millrace::differential
