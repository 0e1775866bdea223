#include "tests/differential/aggregates.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::differential {

namespace {

using Rows = std::vector<GroupedRow>;

struct Call {
  std::string sql;
  bool retracts = false, merges = true;
  std::function<Value(const Rows&)> compute;
};

std::vector<int64_t> numbers(const Rows& rows) {
  std::vector<int64_t> out;
  for (const GroupedRow& row : rows)
    if (!is_null(row.argument)) out.push_back(number(row.argument));
  return out;
}

Value by_arrival(const Rows& rows, bool last) {
  const GroupedRow* found = nullptr;
  for (const GroupedRow& row : rows) {
    if (is_null(row.argument)) continue;
    if (found == nullptr || (row.arrival > found->arrival) == last) found = &row;
  }
  return found == nullptr ? Value() : found->argument;
}

const std::vector<Call>& all_calls() {
  static const std::vector<Call> calls = {
      {"COUNT(*)", true, true, [](const Rows& rows) -> Value { return static_cast<int64_t>(rows.size()); }},
      {"COUNT(V)", true, true, [](const Rows& rows) -> Value { return static_cast<int64_t>(numbers(rows).size()); }},
      {"SUM(V)", true, true,
       [](const Rows& rows) -> Value {
         int64_t sum = 0;
         for (const int64_t n : numbers(rows)) sum += n;
         return sum;
       }},
      {"MIN(V)", false, true,
       [](const Rows& rows) -> Value {
         const auto all = numbers(rows);
         return all.empty() ? Value() : Value(*std::min_element(all.begin(), all.end()));
       }},
      {"MAX(V)", false, true,
       [](const Rows& rows) -> Value {
         const auto all = numbers(rows);
         return all.empty() ? Value() : Value(*std::max_element(all.begin(), all.end()));
       }},
      {"EARLIEST_BY_OFFSET(V)", false, true, [](const Rows& rows) { return by_arrival(rows, false); }},
      {"LATEST_BY_OFFSET(V)", false, true, [](const Rows& rows) { return by_arrival(rows, true); }},
      {"COLLECT_LIST(V)", true, false,
       [](const Rows& rows) -> Value {
         List list;
         for (const GroupedRow& row : rows)
           list.push_back(is_null(row.argument) ? std::nullopt : std::optional(number(row.argument)));
         return list;
       }},
  };
  return calls;
}

}  // namespace

Values Aggregates::compute(const Rows& rows) const {
  Values out;
  for (const auto& call : calls) out.push_back(call(rows));
  return out;
}

Aggregates random_aggregates(AggregateUse use, Random& random) {
  Aggregates out;
  for (int64_t i = random.between(1, 4); i > 0; --i) {
    const Call& call = random.pick(all_calls());
    if ((use == AggregateUse::table && !call.retracts) || (use == AggregateUse::sessions && !call.merges)) continue;
    out.names.push_back(fmt::format("N{}", i));
    out.list += fmt::format(", {} AS {}", call.sql, out.names.back());
    out.calls.push_back(call.compute);
  }
  if (out.calls.empty()) {
    out.names = {"N"};
    out.list = ", COUNT(*) AS N";
    out.calls.push_back(all_calls()[0].compute);
  }
  return out;
}

}  // namespace millrace::differential
