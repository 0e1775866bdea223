#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tests/differential/aggregates.h"
#include "tests/differential/expression.h"
#include "tests/differential/groups.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

class Tables {
 public:
  Tables(const GroupKey& key, const Aggregates& aggregates) : key_(key), aggregates_(aggregates) {}

  // The table's row of this key becomes another one, or none.
  void change(const Event& event, const std::optional<Values>& row) {
    const auto old = rows_.find(event.key());
    const std::optional<Values> from = old == rows_.end() ? std::nullopt : group(old->second);
    const std::optional<Values> to = row ? group(*row) : std::nullopt;
    if (from) take_back(*from, old->second[value_column], event.time);
    if (from && from != to) emit(*from);
    if (to) {
      Group& group = groups_[*to];
      group.time = std::max(group.time, event.time);
      group.rows.push_back({(*row)[value_column], 0});
      emit(*to);
    }
    if (row) {
      rows_[event.key()] = *row;
    } else {
      rows_.erase(event.key());
    }
  }
  Results results;

 private:
  struct Group {
    int64_t time = 0;
    std::vector<GroupedRow> rows;
  };

  std::optional<Values> group(const Values& row) const {
    Values keys = key_.of(row);
    return any_null(keys) ? std::nullopt : std::optional(keys);
  }
  // Of equal values the last one goes.
  void take_back(const Values& keys, const Value& value, int64_t time) {
    Group& group = groups_[keys];
    group.time = std::max(group.time, time);
    const auto last = std::find_if(group.rows.rbegin(), group.rows.rend(),
                                   [&](const GroupedRow& row) { return row.argument == value; });
    group.rows.erase(std::next(last).base());
  }
  void emit(const Values& keys) {
    const Group& group = groups_[keys];
    results.push_back({group.time, key_.names, keys, {}, aggregates_.names, aggregates_.compute(group.rows)});
  }

  const GroupKey& key_;
  const Aggregates& aggregates_;
  std::map<Value, Values> rows_;
  std::map<Values, Group> groups_;
};

}  // namespace

QueryCase table_grouping_shape(Random& random) {
  QueryCase out;
  out.topics = {{"T", true, random.chance(50) ? 4 : 1, grouped_columns()}};
  const GroupKey key = random_group_key(random);
  const Aggregates aggregates = random_aggregates(AggregateUse::table, random);
  std::optional<Expression> where;
  if (random.chance(40)) where = random_expression(ValueType::boolean, grouped_columns(), 2, random);
  out.final_state = random.chance(25);
  out.statement = fmt::format("CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM T{} GROUP BY {};",
                              fmt::join(key.names, ", "), aggregates.list, where ? " WHERE " + where->sql : "",
                              fmt::join(key.names, ", "));
  out.expected = [=](const Events& events) {
    Tables tables(key, aggregates);
    for (const Event& event : events) {
      const bool there = event.has_value && (!where || passes(*where, event.columns));
      tables.change(event, there ? std::optional(event.columns) : std::nullopt);
    }
    return std::move(tables.results);
  };
  out.events = random_events(out.topics, {.keys = 6, .no_value_percent = 15}, random);
  return out;
}

}  // namespace millrace::differential
