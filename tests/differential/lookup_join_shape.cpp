#include <fmt/format.h>

#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

QueryCase lookup_join_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  out.topics = {
      {"S", false, partitions, {{"K", ValueType::integer}, {"R", ValueType::integer}, {"V", ValueType::text}}},
      {"T", true, partitions, {{"K", ValueType::integer}, {"W", ValueType::integer}}}};
  const JoinKind kind = random_join_kind(false, random);
  const auto reference = static_cast<size_t>(random.below(2));
  const bool where = random.chance(30);
  out.statement = fmt::format(
      "CREATE STREAM OUT WITH (partitions = 1) AS SELECT s.{} AS KEY, AS_VALUE(s.K) AS K, AS_VALUE(s.R) AS R, V, W "
      "FROM "
      "S s {} JOIN T t ON s.{} = t.K{};",
      out.topics[0].columns[reference].name, kind.sql, out.topics[0].columns[reference].name,
      where ? " WHERE W IS NULL OR W > 0" : "");
  out.expected = [=, topics = out.topics](const Events& events) {
    Results results = join_lookup(kind, reference, topics, events);
    if (where)
      std::erase_if(results, [](const ResultRow& row) {
        const Value& w = row.values->back();
        return !is_null(w) && number(w) <= 0;
      });
    return results;
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000, .no_value_percent = 10}, random);
  return out;
}

}  // namespace millrace::differential
