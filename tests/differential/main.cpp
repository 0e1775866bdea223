// differential_test [SHAPE] [--seeds N] [--seed S]: random queries over random rows, on an engine and by a plain
// reference; the results must be the same, record by record.
//
// Without SHAPE all are run. N seeds of each, 100 where nothing is said, or that one seed S. The first difference of a
// shape is printed with its seed and the rows that it needs, and ends the shape; the exit status is then 1.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

#include "tests/differential/engine_run.h"

namespace millrace::differential {
namespace {

constexpr int reduction_runs_max = 400;

// What a table of these records ends as.
std::vector<std::string> final_state(const std::vector<std::string>& records) {
  std::map<std::string, std::string> rows;
  for (const std::string& record : records) {
    const size_t key = record.find(' ') + 1;
    const size_t value = std::min(record.find(" {", key), record.rfind(" null"));
    if (record.ends_with(" null")) {
      rows.erase(record.substr(key, value - key));
    } else {
      rows[record.substr(key, value - key)] = record;
    }
  }
  std::vector<std::string> out;
  for (const auto& [key, record] : rows) out.push_back(record);
  return out;
}

// What is wrong, empty: nothing.
std::string difference(const QueryCase& one) {
  std::vector<std::string> expected;
  for (const ResultRow& row : one.expected(one.events)) expected.push_back(row.to_string());
  std::vector<std::string> got;
  try {
    got = run_on_engine(one);
  } catch (const std::exception& error) {
    return error.what();
  }
  if (one.final_state) {
    expected = final_state(expected);
    got = final_state(got);
  }
  for (size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
    const std::string want = i < expected.size() ? expected[i] : "(no further record)";
    const std::string have = i < got.size() ? got[i] : "(no further record)";
    if (want != have) return fmt::format("record {}: expected {}\n          got      {}", i + 1, want, have);
  }
  return "";
}

// Drops rows, ever fewer at once, for as long as something is still wrong.
QueryCase reduce(QueryCase one) {
  int runs = 0;
  for (size_t size = one.events.size() / 2; size > 0; size /= 2) {
    for (size_t at = 0; at + size <= one.events.size() && runs < reduction_runs_max; ++runs) {
      QueryCase fewer = one;
      const auto begin = fewer.events.begin() + static_cast<std::ptrdiff_t>(at);
      fewer.events.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
      if (difference(fewer).empty()) {
        at += size;
      } else {
        one = std::move(fewer);
      }
    }
  }
  return one;
}

void print(const QueryCase& one) {
  for (const TopicSpec& topic : one.topics) fmt::print("  {}\n", topic.create_statement());
  fmt::print("  {}\n  batches of {}{}{}\n", one.statement, one.batch_rows, one.final_state ? ", buffering" : "",
             one.dies_at == StepPhase::idle ? "" : fmt::format(", dying at '{}'", step_phase_name(one.dies_at)));
  for (const Event& event : one.events) {
    std::string columns;
    for (const Value& value : event.columns) columns += " " + json(value);
    fmt::print("  {}{}:{} @{}{}{}\n",
               event.after_restart   ? "RESTART "
               : event.with_previous ? ""
                                     : "COMMIT ",
               one.topics[event.topic].name, event.partition, event.time, columns, event.has_value ? "" : " no value");
  }
}

QueryCase make_case(const std::string& name, Shape shape, uint64_t seed) {
  Random random(seed);
  for (const char c : name) random = Random(random.next() + static_cast<uint64_t>(c));
  QueryCase one = shape(random);
  one.batch_rows = random.pick(std::vector<size_t>{1, 2, 3, 7, 20, 8192});
  if (random.chance(30))
    one.dies_at = random.pick(std::vector{StepPhase::read, StepPhase::computed, StepPhase::commit_sent,
                                          StepPhase::committed, StepPhase::answered});
  return one;
}

bool run_shape(const std::string& name, Shape shape, uint64_t first, uint64_t count) {
  size_t rows = 0;
  size_t records = 0;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    const QueryCase one = make_case(name, shape, seed);
    rows += one.events.size();
    records += one.expected(one.events).size();
    if (difference(one).empty()) continue;
    const QueryCase fewer = reduce(one);
    fmt::print("FAILED {} --seed {}: {}\n", name, seed, difference(fewer));
    print(fewer);
    return false;
  }
  fmt::print("passed {}: {} queries over {} rows gave {} records\n", name, count, rows, records);
  std::fflush(stdout);
  return true;
}

int run(int count, char** arguments) {
  std::string only;
  uint64_t first = 1;
  uint64_t seeds = 100;
  for (int i = 1; i < count; ++i) {
    const bool one = std::strcmp(arguments[i], "--seed") == 0;
    if ((one || std::strcmp(arguments[i], "--seeds") == 0) && i + 1 < count) {
      const uint64_t number = std::stoull(arguments[++i]);
      (one ? first : seeds) = number;
      if (one) seeds = 1;
    } else {
      only = arguments[i];
    }
  }
  if (!only.empty() && !shapes().contains(only)) {
    fmt::print("there is no shape {}\n", only);
    return 2;
  }
  bool passed = true;
  for (const auto& [name, shape] : shapes())
    if (only.empty() || only == name) passed = run_shape(name, shape, first, seeds) && passed;
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace millrace::differential

int main(int count, char** arguments) { return millrace::differential::run(count, arguments); }
