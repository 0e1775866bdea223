// Every aggregate's example gives what it says, however its rows are split, merged and taken back.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "connectors/json_text.h"
#include "runtime/aggregate_registry.h"
#include "runtime/cast.h"
#include "tests/functions/evaluate.h"

namespace millrace {
namespace {

const AggregateRegistry& all_aggregates() {
  static const AggregateRegistry aggregates = [] {
    AggregateRegistry registry;
    register_all_aggregates(registry);
    return registry;
  }();
  return aggregates;
}

std::string text_of(const Column& column, size_t row) {
  std::string text;
  append_json(column, row, text, JsonTimes::text);
  return text;
}

// The arguments of one row of an example: parted by commas that stand outside of brackets and quotes.
std::vector<std::string> split_arguments(const std::string& row) {
  std::vector<std::string> arguments(1);
  int depth = 0;
  bool quoted = false;
  for (const char c : row) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c == '(' || c == '[')) ++depth;
    if (!quoted && (c == ')' || c == ']')) --depth;
    if (c == ',' && depth == 0 && !quoted) {
      arguments.emplace_back();
    } else if (c != ' ' || !arguments.back().empty()) {
      arguments.back().push_back(c);
    }
  }
  return arguments;
}

// An example with the overload that its rows choose, its arguments as columns.
class Example {
 public:
  explicit Example(const AggregateFunction& function) {
    std::vector<std::vector<ExpressionPtr>> rows;
    std::vector<std::optional<Type>> types(split_arguments(function.example_rows[0]).size());
    for (const std::string& row : function.example_rows) {
      auto& bound = rows.emplace_back();
      for (const std::string& argument : split_arguments(row)) {
        auto& type = types[bound.size()];
        bound.push_back(argument == "NULL" ? nullptr : bind_text(argument));
        if (bound.back()) type = type ? common_type(*type, bound.back()->type()) : bound.back()->type();
      }
    }
    choose(function, types);
    RowErrors errors;
    for (size_t a = 0; a < parameters.size(); ++a) {
      auto column = std::make_shared<Column>(parameters[a], 0);
      for (const auto& row : rows) {
        const auto value =
            row[a] ? evaluate_constant(*make_cast(row[a], parameters[a]), errors) : Column::nulls(parameters[a], 1);
        append_value(*column, *value, 0);
      }
      arguments.push_back(column);
    }
    if (!function.limit) return;
    auto limit = std::make_shared<Column>(integer_type, rows.size());
    for (size_t i = 0; i < rows.size(); ++i) limit->set(i, function.limit->standard);
    arguments.push_back(limit);
  }

  size_t size() const { return arguments[0]->size(); }

  const AggregateOverload* overload = nullptr;
  std::vector<Type> parameters;
  Type result_type;
  std::vector<ColumnPtr> arguments;

 private:
  void choose(const AggregateFunction& function, const std::vector<std::optional<Type>>& types) {
    int least = std::numeric_limits<int>::max();
    for (const AggregateOverload& each : function.overloads) {
      const auto match = each.signature.match(types);
      if (!match || match->cost >= least) continue;
      least = match->cost;
      overload = &each;
      parameters = match->parameters;
      result_type = each.result_type ? each.result_type(parameters) : match->result;
    }
    if (overload == nullptr) throw std::runtime_error("no overload fits the example");
  }
};

// The state of a few entries of one aggregate.
class State {
 public:
  State(const Example& example, size_t entries) : example_(example) {
    for (Type& type : example.overload->state_types(example.parameters)) columns_.emplace_back(std::move(type));
    for (StateColumn& column : columns_) {
      column.resize(entries);
      pointers_.push_back(&column);
    }
  }

  // Rows [from, to) of the example to one entry.
  void add(uint32_t entry, size_t from, size_t to) { apply(example_.overload->add, entry, from, to); }
  void retract(uint32_t entry, size_t from, size_t to) { apply(example_.overload->retract, entry, from, to); }
  void merge(uint32_t to, State& other, uint32_t from) {
    example_.overload->merge(pointers_, to, other.pointers_, from);
  }
  ColumnPtr result(uint32_t entry) const {
    return example_.overload->result(pointers_, std::span(&entry, 1), example_.result_type);
  }

 private:
  using Kernel = std::function<void(AggregateState, const AggregateInput&)>;
  void apply(const Kernel& kernel, uint32_t entry, size_t from, size_t to) {
    std::vector<uint32_t> rows(to - from);
    std::iota(rows.begin(), rows.end(), static_cast<uint32_t>(from));
    const std::vector<uint32_t> entries(rows.size(), entry);
    RowErrors errors;
    kernel(pointers_, {example_.arguments, Selection(rows), entries, errors, static_cast<int64_t>(from)});
    EXPECT_EQ(errors.count(), 0U);
  }

  const Example& example_;
  std::vector<StateColumn> columns_;
  std::vector<StateColumn*> pointers_;
};

class AggregateExamples : public testing::TestWithParam<std::string> {
 protected:
  const AggregateFunction& function = *all_aggregates().find(GetParam());
  const Example example{function};
  const ExpressionPtr says = bind_text(function.example_result);

  void expect_result(const State& state, uint32_t entry, const std::string& how) const {
    RowErrors errors;
    const ColumnPtr expected = evaluate_constant(*says, errors);
    const ColumnPtr got = state.result(entry);
    ASSERT_EQ(got->size(), 1U) << how;
    ASSERT_EQ(got->type(), expected->type()) << how << ": " << got->type().to_string();
    const bool close = got->type().is(TypeKind::double_) && got->valid(0) &&
                       std::abs(got->at<double>(0) - expected->at<double>(0)) < 1e-12;
    EXPECT_TRUE(close || same_value(*got, 0, *expected, 0))
        << how << " gives " << text_of(*got, 0) << ", says " << text_of(*expected, 0);
  }
};

TEST_P(AggregateExamples, AreToBeRead) {
  EXPECT_TRUE(function.help.ends_with('.'));
  EXPECT_GE(function.example_rows.size(), 3U);
  EXPECT_FALSE(function.overloads.empty());
}

TEST_P(AggregateExamples, GiveWhatTheySay) {
  State state(example, 1);
  state.add(0, 0, example.size());
  expect_result(state, 0, "at once");
  State one_by_one(example, 1);
  for (size_t i = 0; i < example.size(); ++i) one_by_one.add(0, i, i + 1);
  expect_result(one_by_one, 0, "row by row");
}

TEST_P(AggregateExamples, MergeFromAnySplit) {
  if (!example.overload->merge) GTEST_SKIP() << GetParam() << " does not merge";
  for (size_t a = 0; a <= example.size(); ++a) {
    for (size_t b = a; b <= example.size(); ++b) {
      State left(example, 2);
      State right(example, 2);
      left.add(0, 0, a);
      left.add(1, a, b);
      right.add(1, b, example.size());
      left.merge(0, left, 1);
      left.merge(0, right, 1);
      expect_result(left, 0, "split at " + std::to_string(a) + " and " + std::to_string(b));
    }
  }
}

TEST_P(AggregateExamples, RetractWhatWasAdded) {
  if (!example.overload->retract) GTEST_SKIP() << GetParam() << " does not retract";
  for (size_t i = 0; i < example.size(); ++i) {
    State state(example, 1);
    state.add(0, 0, example.size());
    state.add(0, i, example.size());
    state.retract(0, i, example.size());
    expect_result(state, 0, "with the rows from " + std::to_string(i) + " added and taken back");
  }
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& [name, function] : all_aggregates().all()) all.push_back(name);
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, AggregateExamples, testing::ValuesIn(names()),
                         [](const auto& given) { return given.param; });

}  // namespace
}  // namespace millrace
