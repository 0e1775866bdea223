// A query over topics, rows for them, and what a reference says that comes of it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/differential/random.h"
#include "tests/differential/value.h"

namespace millrace::differential {

struct ColumnSpec {
  std::string name;
  ValueType type = ValueType::integer;
};

struct TopicSpec {
  std::string name;
  bool table = false;
  int32_t partitions = 1;
  std::vector<ColumnSpec> columns;  // the first one is the key

  std::string create_statement() const;
};

// One record.
struct Event {
  size_t topic = 0;
  int32_t partition = 0;
  int64_t time = 0;
  Values columns;         // in the order of the topic's; without a value the key alone
  bool has_value = true;  // else a tombstone, in a stream a record without a value
  // How the record gets to the server: with the one before it, in a commit of its own, after a restart.
  bool with_previous = true;
  bool after_restart = false;

  const Value& key() const { return columns[0]; }
};
using Events = std::vector<Event>;

// One record of the result.
struct ResultRow {
  int64_t time = 0;
  std::vector<std::string> key_names;
  Values keys;
  std::vector<int64_t> window;  // of a windowed one its start, of a session its start and end
  std::vector<std::string> names;
  std::optional<Values> values;  // absent: a tombstone

  std::string key_text() const;
  std::string to_string() const;
};
using Results = std::vector<ResultRow>;

struct QueryCase {
  std::vector<TopicSpec> topics;
  std::string statement;  // CREATE … OUT …
  size_t window_bounds = 0;
  bool final_state = false;  // once per commit and key: only what the result's table ends as is compared
  std::function<Results(const Events&)> expected;
  Events events;
  size_t batch_rows = 8192;
};

// A shape of queries makes a case from a seed: the statement and what is expected of it.
using Shape = QueryCase (*)(Random&);
const std::map<std::string, Shape>& shapes();

struct EventOptions {
  int64_t count = 60;
  int64_t keys = 4;          // values that a key may have
  int64_t step_ms = 100;     // how far time goes on from row to row, at most
  int64_t disorder_ms = 0;   // how far back a row may lie
  int64_t jump_percent = 0;  // rows before which time goes on by a hundred steps
  int64_t no_value_percent = 5;
  int64_t no_key_percent = 3;  // in streams
};
Events random_events(const std::vector<TopicSpec>& topics, const EventOptions& options, Random& random);
// A few values of each type, so that they meet.
Value random_value(ValueType type, int64_t variety, Random& random);

}  // namespace millrace::differential
