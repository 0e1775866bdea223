#include "tests/differential/joins.h"

#include <algorithm>

namespace millrace::differential {

namespace {

using Table = std::map<Value, Event>;  // the newest row of each key

const Event* find(const Table& table, const Value& key) {
  const auto found = table.find(key);
  return found == table.end() ? nullptr : &found->second;
}

void keep(Table& table, const Event& event) {
  if (event.has_value) {
    table.insert_or_assign(event.key(), event);
  } else {
    table.erase(event.key());
  }
}

// A side's columns from `first` on, nulls where it has no row.
void append_columns(const TopicSpec& topic, size_t first, const Event* row, Values& out) {
  for (size_t c = first; c < topic.columns.size(); ++c) out.push_back(row == nullptr ? Value() : row->columns[c]);
}

void append_names(const TopicSpec& topic, size_t first, std::vector<std::string>& out) {
  for (size_t c = first; c < topic.columns.size(); ++c) out.push_back(topic.columns[c].name);
}

// Rows of the result of two tables.
class TableResults {
 public:
  explicit TableResults(const std::vector<TopicSpec>& topics) : topics_(topics), names_(joined_names(topics)) {}

  void row(const Value& key, int64_t time, const Event* left, const Event* right) {
    tombstone(key, time);
    Values& values = results.back().values.emplace();
    append_columns(topics_[0], 1, left, values);
    append_columns(topics_[1], 1, right, values);
  }
  void tombstone(const Value& key, int64_t time) {
    results.push_back({time, {"KEY"}, {key}, {}, names_, std::nullopt});
  }
  Results results;

 private:
  const std::vector<TopicSpec>& topics_;
  std::vector<std::string> names_;
};

}  // namespace

JoinKind random_join_kind(bool any, Random& random) {
  static const std::vector<JoinKind> kinds = {
      {"INNER", false, false}, {"LEFT", true, false}, {"RIGHT", false, true}, {"FULL OUTER", true, true}};
  return kinds[static_cast<size_t>(random.below(any ? 4 : 2))];
}

std::string joined_key(const JoinKind& kind, const std::string& left, const std::string& right) {
  if (kind.pads_left && kind.pads_right) return "ROWKEY";
  return kind.pads_right ? right : left;
}

std::vector<std::string> joined_names(const std::vector<TopicSpec>& topics) {
  std::vector<std::string> names;
  for (const TopicSpec& topic : topics) append_names(topic, 1, names);
  return names;
}

std::vector<std::string> looked_up_names(const std::vector<TopicSpec>& topics) {
  std::vector<std::string> names;
  append_names(topics[0], 0, names);
  append_names(topics[1], 1, names);
  return names;
}

Results join_tables(const JoinKind& kind, const std::vector<TopicSpec>& topics, const Events& events) {
  TableResults out(topics);
  Table tables[2];
  for (const Event& event : events) {
    const bool left = event.topic == 0;
    const Event* own = event.has_value ? &event : nullptr;
    const Event* other = find(tables[left ? 1 : 0], event.key());
    const bool had_row = tables[event.topic].contains(event.key());
    const bool pads_own = left ? kind.pads_left : kind.pads_right;
    const bool pads_other = left ? kind.pads_right : kind.pads_left;
    const int64_t time = other == nullptr ? event.time : std::max(event.time, other->time);
    const bool comes = own != nullptr ? other != nullptr || pads_own : other != nullptr && pads_other;
    if (comes) {
      out.row(event.key(), time, left ? own : other, left ? other : own);
    } else if (other != nullptr || (pads_own && had_row)) {  // there may have been a row
      out.tombstone(event.key(), time);
    }
    keep(tables[event.topic], event);
  }
  return std::move(out.results);
}

Results join_foreign(const JoinKind& kind, size_t reference, const std::vector<TopicSpec>& topics,
                     const Events& events) {
  TableResults out(topics);
  Table left, right;
  for (const Event& event : events) {
    if (event.topic == 0) {
      const Event* old = find(left, event.key());
      const Event* referred = event.has_value ? find(right, event.columns[reference]) : nullptr;
      if (event.has_value && (referred != nullptr || kind.pads_left)) {
        out.row(event.key(), referred == nullptr ? event.time : std::max(event.time, referred->time), &event, referred);
      } else if (old != nullptr) {
        // One that goes is taken back at the time of its result.
        const Event* before = event.has_value ? nullptr : find(right, old->columns[reference]);
        out.tombstone(event.key(), before == nullptr ? event.time : std::max(event.time, before->time));
      }
      keep(left, event);
      continue;
    }
    for (const auto& [key, row] : left) {
      if (row.columns[reference] != event.key()) continue;
      const int64_t time = std::max(event.time, row.time);
      if (event.has_value || kind.pads_left) {
        out.row(key, time, &row, event.has_value ? &event : nullptr);
      } else {
        out.tombstone(key, time);
      }
    }
    keep(right, event);
  }
  return std::move(out.results);
}

Results join_lookup(const JoinKind& kind, size_t reference, const std::vector<TopicSpec>& topics,
                    const Events& events) {
  Results results;
  Table table;
  for (const Event& event : events) {
    if (event.topic == 1) {
      keep(table, event);
      continue;
    }
    if (!event.has_value || is_null(event.columns[reference])) continue;
    const Event* found = find(table, event.columns[reference]);
    if (found == nullptr && !kind.pads_left) continue;
    ResultRow row{event.time, {"KEY"}, {event.columns[reference]}, {}, looked_up_names(topics), Values()};
    append_columns(topics[0], 0, &event, *row.values);
    append_columns(topics[1], 1, found, *row.values);
    results.push_back(std::move(row));
  }
  return results;
}

}  // namespace millrace::differential
