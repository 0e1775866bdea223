#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "tests/differential/groups.h"
#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

// The rows of a join as those of a source with the columns that groups are made of.
Events as_source(const Results& results, const std::string& key_name) {
  Events events;
  for (const ResultRow& row : results) {
    Event event;
    event.time = row.time;
    event.has_value = row.values.has_value();
    event.columns = Values(grouped_columns().size());
    event.columns[0] = row.keys[0];
    for (size_t c = 0; c < grouped_columns().size() && row.values; ++c) {
      const auto name = std::find(row.names.begin(), row.names.end(), grouped_columns()[c].name);
      if (name != row.names.end()) event.columns[c] = (*row.values)[static_cast<size_t>(name - row.names.begin())];
      if (grouped_columns()[c].name == key_name) event.columns[c] = row.keys[0];
    }
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace

QueryCase join_grouping_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  const bool stream = random.chance(50);
  const auto reference = static_cast<size_t>(random.chance(50) ? 0 : 2);
  const auto& columns = grouped_columns();
  out.topics = {{"A", !stream, partitions, {columns[0], columns[1], columns[2]}},
                {"B", true, partitions, {columns[0], columns[value_column]}}};
  const JoinKind kind = random_join_kind(false, random);
  const Grouping how{random_group_key(random),
                     random_aggregates(stream ? AggregateUse::rows : AggregateUse::table, random)};
  std::optional<Windowing> windows;
  // Nothing is late: whose time it would be by nobody can know.
  if (stream && random.chance(60)) windows = Windowing{1000, random.chance(50) ? 1000 : 400, 1'000'000, false};
  out.window_bounds = windows ? 1 : 0;
  out.final_state = random.chance(20);
  std::vector<std::string> items, groups;
  for (const std::string& name : how.key.names) {
    groups.push_back("a." + name);
    items.push_back(fmt::format("a.{} AS {}", name, name));
  }
  out.statement = fmt::format(
      "CREATE TABLE OUT WITH (partitions = 1) AS SELECT {}{} FROM A a {} JOIN B b ON a.{} = b.K{} GROUP BY {};",
      fmt::join(items, ", "), how.aggregates.list, kind.sql, columns[reference].name,
      windows ? " WINDOW " + windows->sql() : "", fmt::join(groups, ", "));
  out.expected = [=, topics = out.topics](const Events& events) {
    if (!stream && reference == 0) return group_table(how, as_source(join_tables(kind, topics, events), "K"));
    if (!stream) return group_table(how, as_source(join_foreign(kind, reference, topics, events), "K"));
    const Events rows = as_source(join_lookup(kind, reference, topics, events), grouped_columns()[reference].name);
    return windows ? group_windows(how, *windows, rows) : group_rows(how, false, rows);
  };
  out.events = random_events(out.topics, {.disorder_ms = 1000, .no_value_percent = 15}, random);
  return out;
}

}  // namespace millrace::differential
