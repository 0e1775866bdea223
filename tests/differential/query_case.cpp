#include "tests/differential/query_case.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace millrace::differential {

std::string TopicSpec::create_statement() const {
  std::string text;
  for (size_t i = 0; i < columns.size(); ++i)
    text += fmt::format("{}{} {}{}", i == 0 ? "" : ", ", columns[i].name, sql_name(columns[i].type),
                        i > 0   ? ""
                        : table ? " PRIMARY KEY"
                                : " KEY");
  return fmt::format("CREATE {} {} ({}) WITH (kafka_topic = '{}', partitions = {}, format = 'JSON');",
                     table ? "TABLE" : "STREAM", name, text, name, partitions);
}

std::string ResultRow::key_text() const {
  std::string text = json_key(key_names, keys).value_or("null");
  for (const int64_t bound : window) text += fmt::format(" {}", bound);
  return text;
}

std::string ResultRow::to_string() const {
  return fmt::format("{} {} {}", time, key_text(), values ? json_object(names, *values) : "null");
}

Value random_value(ValueType type, int64_t variety, Random& random) {
  switch (type) {
    case ValueType::integer:
    case ValueType::bigint:
      return random.below(variety) - variety / 4;
    case ValueType::text:
      return std::string(1, static_cast<char>('a' + random.below(variety)));
    case ValueType::boolean:
      return random.chance(50);
    case ValueType::list: {
      List list;
      for (int64_t i = random.below(4); i > 0; --i)
        list.push_back(random.chance(15) ? std::nullopt : std::optional(random.below(variety)));
      return list;
    }
  }
  return {};
}

namespace {

// Any function of the key that puts equal keys into partitions of the same number.
int32_t partition_of(const Value& key, int32_t partitions, Random& random) {
  if (is_null(key)) return static_cast<int32_t>(random.below(partitions));
  int32_t sum = 7;
  for (const char c : json(key)) sum = (sum * 31 + c) % 10'007;
  return sum % partitions;
}

}  // namespace

Events random_events(const std::vector<TopicSpec>& topics, const EventOptions& options, Random& random) {
  Events events;
  int64_t now = 10'000;
  const int64_t commit_percent = random.pick(std::vector<int64_t>{2, 20, 60});
  const int64_t restart_percent = random.chance(30) ? 4 : 0;
  const int64_t grid_ms = random.pick(std::vector<int64_t>{1, 50, 100});  // so that bounds are met exactly
  for (int64_t i = 0; i < options.count; ++i) {
    Event event;
    event.topic = static_cast<size_t>(random.below(static_cast<int64_t>(topics.size())));
    const TopicSpec& topic = topics[event.topic];
    now += random.below(options.step_ms + 1);
    if (random.chance(options.jump_percent)) now += options.step_ms * 100;
    event.time = now;
    if (options.disorder_ms > 0 && random.chance(30))
      event.time = std::max<int64_t>(0, now - random.below(options.disorder_ms));
    event.time -= event.time % grid_ms;
    for (size_t c = 0; c < topic.columns.size(); ++c) {
      const bool key = c == 0;
      const bool null = key ? !topic.table && random.chance(options.no_key_percent) : random.chance(10);
      event.columns.push_back(null ? Value() : random_value(topic.columns[c].type, key ? options.keys : 6, random));
    }
    event.has_value = !random.chance(options.no_value_percent);
    if (!event.has_value) event.columns.resize(1);
    event.partition = partition_of(event.key(), topic.partitions, random);
    event.with_previous = !random.chance(commit_percent);
    event.after_restart = random.chance(restart_percent);
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace millrace::differential
