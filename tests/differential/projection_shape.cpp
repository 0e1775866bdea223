#include <fmt/format.h>

#include <regex>

#include "tests/differential/expression.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

// Whether the expression names a column other than the key K.
bool reads_value(const std::string& sql) {
  static const std::regex text("'[^']*'");
  static const std::regex column("\\b[A-E]\\b");
  return std::regex_search(std::regex_replace(sql, text, ""), column);
}

const std::vector<ColumnSpec> columns = {{"K", ValueType::integer}, {"A", ValueType::integer},
                                         {"B", ValueType::integer}, {"C", ValueType::text},
                                         {"D", ValueType::text},    {"E", ValueType::boolean}};

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
        // The new key of a record without a value is made of the old one alone, or is null.
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
