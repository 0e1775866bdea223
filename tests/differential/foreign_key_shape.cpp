#include <fmt/format.h>

#include "tests/differential/joins.h"
#include "tests/differential/shapes.h"

namespace millrace::differential {

namespace {

class Reference {
 public:
  Reference(bool pads, size_t reference) : pads_(pads), reference_(reference) {}

  void change_left(const Event& event) {
    const auto old = left_.find(event.key());
    const bool had_row = old != left_.end();
    const auto found = event.has_value ? right_.find(event.columns[reference_]) : right_.end();
    if (found != right_.end()) {
      emit(event, &found->second, std::max(event.time, found->second.time));
    } else if (event.has_value && pads_) {
      emit(event, nullptr, event.time);
    } else if (had_row) {
      // One that goes is taken back at the time of its result.
      const auto referred = event.has_value ? right_.end() : right_.find(old->second.columns[reference_]);
      results.push_back(
          row(event.key(), referred == right_.end() ? event.time : std::max(event.time, referred->second.time)));
    }
    keep(left_, event);
  }

  void change_right(const Event& event) {
    for (const auto& [key, left] : left_) {
      if (left.columns[reference_] != event.key()) continue;
      const int64_t time = std::max(event.time, left.time);
      if (event.has_value || pads_) {
        emit(left, event.has_value ? &event : nullptr, time);
      } else {
        results.push_back(row(key, time));
      }
    }
    keep(right_, event);
  }
  Results results;

 private:
  static void keep(std::map<Value, Event>& table, const Event& event) {
    if (event.has_value) {
      table.insert_or_assign(event.key(), event);
    } else {
      table.erase(event.key());
    }
  }
  static ResultRow row(const Value& key, int64_t time) {
    return {time, {"KEY"}, {key}, {}, {"V", "R", "W"}, std::nullopt};
  }
  void emit(const Event& left, const Event* right, int64_t time) {
    ResultRow out = row(left.key(), time);
    out.values = {left.columns[2], left.columns[1], right == nullptr ? Value() : right->columns[1]};
    results.push_back(std::move(out));
  }

  bool pads_;
  size_t reference_;  // column
  std::map<Value, Event> left_, right_;
};

}  // namespace

QueryCase foreign_key_shape(Random& random) {
  QueryCase out;
  const int32_t partitions = random.chance(50) ? 4 : 1;
  out.topics = {{"A", true, partitions, {{"K", ValueType::text}, {"R", ValueType::integer}, {"V", ValueType::integer}}},
                {"B", true, partitions, {{"K", ValueType::integer}, {"W", ValueType::text}}}};
  const JoinKind kind = random_join_kind(false, random);
  const auto reference = static_cast<size_t>(random.between(1, 2));
  out.statement = fmt::format(
      "CREATE TABLE OUT WITH (partitions = 1) AS SELECT a.K AS KEY, V, R, W FROM A a {} JOIN B b ON a.{} = b.K;",
      kind.sql, out.topics[0].columns[reference].name);
  out.expected = [=](const Events& events) {
    Reference tables(kind.pads_left, reference);
    for (const Event& event : events) {
      if (event.topic == 0) {
        tables.change_left(event);
      } else {
        tables.change_right(event);
      }
    }
    return std::move(tables.results);
  };
  out.events = random_events(out.topics, {.keys = 5, .disorder_ms = 1000, .no_value_percent = 20}, random);
  return out;
}

}  // namespace millrace::differential
