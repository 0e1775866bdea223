#include "tests/differential/groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::differential {

namespace {

struct Group {
  int64_t time = 0;
  std::vector<GroupedRow> rows;

  void add(const Event& event, int64_t arrival) {
    time = std::max(time, event.time);
    rows.push_back({event.columns[value_column], arrival});
  }
};

ResultRow result(const Grouping& how, const Values& keys, const Group& group) {
  return {group.time, how.key.names, keys, {}, how.aggregates.names, how.aggregates.compute(group.rows)};
}

class TableGroups {
 public:
  explicit TableGroups(const Grouping& how) : how_(how) {}

  // The table's row of this key becomes another one, or none.
  void change(const Event& event) {
    const auto old = rows_.find(event.key());
    const std::optional<Values> from = old == rows_.end() ? std::nullopt : group(old->second.columns);
    const std::optional<Values> to = event.has_value ? group(event.columns) : std::nullopt;
    if (from) take_back(*from, old->second.columns[value_column], event.time);
    if (from && from != to) results.push_back(result(how_, *from, groups_[*from]));
    if (to) {
      groups_[*to].add(event, 0);
      results.push_back(result(how_, *to, groups_[*to]));
    }
    if (event.has_value) {
      rows_.insert_or_assign(event.key(), event);
    } else {
      rows_.erase(event.key());
    }
  }
  Results results;

 private:
  std::optional<Values> group(const Values& row) const {
    Values keys = how_.key.of(row);
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

  const Grouping& how_;
  std::map<Value, Event> rows_;
  std::map<Values, Group> groups_;
};

class Windows {
 public:
  Windows(const Grouping& how, const Windowing& windows) : how_(how), windowing_(windows) {}

  void add(const Event& event, int64_t arrival) {
    const Values keys = how_.key.of(event.columns);
    if (any_null(keys)) return;
    int64_t& now = times_.try_emplace(event.partition, event.time).first->second;
    now = std::max(now, event.time);
    if (windowing_.final) close(event.partition, now);
    for (int64_t start = 0; start <= event.time; start += windowing_.advance) {
      if (start + windowing_.size <= event.time || closes(start) <= now) continue;
      Group& window = windows_[{event.partition, start, keys}];
      window.add(event, arrival);
      if (!windowing_.final) emit(start, keys, window);
    }
  }
  Results results;

 private:
  int64_t closes(int64_t start) const { return start + windowing_.size + windowing_.grace; }
  // By start and key.
  void close(int32_t partition, int64_t now) {
    for (auto at = windows_.begin(); at != windows_.end();) {
      const auto& [of, start, keys] = at->first;
      if (of == partition && closes(start) <= now) {
        emit(start, keys, at->second);
        at = windows_.erase(at);
      } else {
        ++at;
      }
    }
  }
  void emit(int64_t start, const Values& keys, const Group& window) {
    results.push_back(result(how_, keys, window));
    results.back().window = {start};
  }

  const Grouping& how_;
  const Windowing& windowing_;
  std::map<int32_t, int64_t> times_;
  std::map<std::tuple<int32_t, int64_t, Values>, Group> windows_;
};

}  // namespace

const std::vector<ColumnSpec>& grouped_columns() {
  static const std::vector<ColumnSpec> columns = {
      {"K", ValueType::integer}, {"G", ValueType::text}, {"H", ValueType::integer}, {"V", ValueType::integer}};
  return columns;
}

Values GroupKey::of(const Values& row) const {
  Values out;
  for (const size_t column : columns) out.push_back(row[column]);
  return out;
}

GroupKey random_group_key(Random& random) {
  GroupKey key;
  key.columns = random.pick(std::vector<std::vector<size_t>>{{0}, {1}, {2}, {1, 2}, {0, 1}});
  for (const size_t column : key.columns) key.names.push_back(grouped_columns()[column].name);
  return key;
}

Results group_rows(const Grouping& how, bool having, const Events& events) {
  Results results;
  std::map<Values, Group> groups;
  std::set<Values> there;
  int64_t arrival = 0;
  for (const Event& event : events) {
    if (!event.has_value) continue;
    const Values keys = how.key.of(event.columns);
    if (any_null(keys)) continue;
    Group& group = groups[keys];
    group.add(event, ++arrival);
    ResultRow row = result(how, keys, group);
    if (having && group.rows.size() % 2 == 0) {
      if (there.erase(keys) == 0) continue;
      row.values.reset();
    } else {
      there.insert(keys);
    }
    results.push_back(std::move(row));
  }
  return results;
}

Results group_table(const Grouping& how, const Events& events) {
  TableGroups groups(how);
  for (const Event& event : events) groups.change(event);
  return std::move(groups.results);
}

std::string Windowing::sql() const {
  if (advance == size) return fmt::format("TUMBLING (SIZE {} MILLISECONDS, GRACE PERIOD {} MILLISECONDS)", size, grace);
  return fmt::format("HOPPING (SIZE {} MILLISECONDS, ADVANCE BY {} MILLISECONDS, GRACE PERIOD {} MILLISECONDS)", size,
                     advance, grace);
}

Results group_windows(const Grouping& how, const Windowing& windows, const Events& events) {
  Windows all(how, windows);
  int64_t arrival = 0;
  for (const Event& event : events)
    if (event.has_value) all.add(event, ++arrival);
  return std::move(all.results);
}

}  // namespace millrace::differential
