#include <fmt/format.h>

#include <cctype>

#include "tests/differential/expression.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

const std::vector<ColumnSpec> columns = {{"K", ValueType::integer}, {"A", ValueType::integer},
                                         {"B", ValueType::integer}, {"C", ValueType::text},
                                         {"D", ValueType::text},    {"E", ValueType::boolean}};

// Columns of the value are the words A to E.
bool reads_value(const std::string& sql) {
  for (size_t at = 0; at < sql.size();) {
    size_t end = at;
    while (end < sql.size() && std::isalpha(static_cast<unsigned char>(sql[end])) != 0) ++end;
    if (end == at + 1 && sql[at] >= 'A' && sql[at] <= 'E') return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

QueryCase projection_shape(Random& random) {
  QueryCase out;
  out.topics = {{"S", false, random.chance(50) ? 4 : 1, columns}};
  std::optional<Expression> where;
  if (random.chance(60)) where = random_expression(ValueType::boolean, columns, 3, random);
  std::optional<Expression> partition_by;
  if (random.chance(40))
    partition_by = random_expression(random.chance(50) ? ValueType::integer : ValueType::text, columns, 1, random);
  std::vector<Expression> values;
  std::vector<std::string> names;
  std::string list = fmt::format("{} AS KEY", partition_by ? partition_by->sql : "K");
  for (int64_t i = random.between(1, 3); i > 0; --i) {
    const auto type = random.pick(std::vector{ValueType::integer, ValueType::text, ValueType::boolean});
    values.push_back(random_expression(type, columns, 3, random));
    names.push_back(fmt::format("V{}", i));
    // Not the key once more.
    list += fmt::format(", AS_VALUE({}) AS {}", values.back().sql, names.back());
  }
  out.statement =
      fmt::format("CREATE STREAM OUT WITH (partitions = 1) AS SELECT {} FROM S{}{};", list,
                  where ? " WHERE " + where->sql : "", partition_by ? " PARTITION BY " + partition_by->sql : "");
  out.expected = [=](const Events& events) {
    Results results;
    for (const Event& event : events) {
      ResultRow row{event.time, {"KEY"}, {event.key()}, {}, names, std::nullopt};
      if (event.has_value) {
        if (where && !passes(*where, event.columns)) continue;
        if (partition_by) row.keys = {partition_by->value(event.columns)};
        row.values.emplace();
        for (const Expression& value : values) row.values->push_back(value.value(event.columns));
      } else {
        if (where) continue;
        // A record without a value has a new key only where that is made of the old one.
        Values known = event.columns;
        known.resize(columns.size());
        if (partition_by) row.keys = {reads_value(partition_by->sql) ? Value() : partition_by->value(known)};
      }
      results.push_back(std::move(row));
    }
    return results;
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000}, random);
  return out;
}

}  // namespace millrace::differential
