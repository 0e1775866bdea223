// What every aggregate promises of random rows: any split into batches, any tree of merges, and any sequence of rows
// that are added and taken back give the value that all remaining rows, added in order, give.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <set>

#include "connectors/json_text.h"
#include "runtime/aggregate_registry.h"
#include "tests/state/random_values.h"

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

// An overload with types that fit it exactly.
struct Call {
  std::string name;
  const AggregateOverload* overload = nullptr;
  std::vector<Type> parameters;
  Type result;
  std::optional<AggregateLimit> limit;

  std::string text() const {
    std::string out = name;
    for (const Type& type : parameters) out += " " + type.to_string();
    return out;
  }
};

// Every overload with a few choices of types.
std::vector<Call> all_calls() {
  const std::vector<Type> pool = {boolean_type,
                                  integer_type,
                                  bigint_type,
                                  double_type,
                                  Type::decimal(20, 3),
                                  varchar_type,
                                  bytes_type,
                                  date_type,
                                  time_type,
                                  timestamp_type,
                                  Type::array(integer_type),
                                  Type::array(bigint_type),
                                  Type::array(double_type),
                                  Type::structure({"A", "B"}, {varchar_type, Type::map(varchar_type, bigint_type)})};
  std::vector<std::vector<Type>> lists{{}};
  for (const Type& a : pool) {
    lists.push_back({a});
    for (const Type& b : pool) {
      lists.push_back({a, b});
      for (const Type& c : pool) lists.push_back({a, b, c});
    }
  }
  std::vector<Call> calls;
  for (const auto& [name, function] : all_aggregates().all()) {
    for (const AggregateOverload& overload : function.overloads) {
      size_t found = 0;
      for (const auto& list : lists) {
        const auto match = overload.signature.match({list.begin(), list.end()});
        if (!match || match->parameters != list || ++found > pool.size()) continue;
        calls.push_back(
            {name, &overload, list, overload.result_type ? overload.result_type(list) : match->result, function.limit});
      }
    }
  }
  return calls;
}

// Random rows; settings are the same in each.
std::vector<ColumnPtr> random_rows(const Call& call, size_t rows, std::mt19937_64& random) {
  std::vector<ColumnPtr> columns;
  for (size_t a = 0; a < call.parameters.size(); ++a) {
    auto column = std::make_shared<Column>(call.parameters[a], 0);
    const bool setting = a + call.overload->settings >= call.parameters.size();
    if (setting) {
      Column value(call.parameters[a], 0);
      if (value.type().is(TypeKind::integer)) {
        value.append(static_cast<int32_t>(1 + random() % 4));
      } else {
        value.append(static_cast<uint8_t>(random() % 2));
      }
      for (size_t i = 0; i < rows; ++i) append_value(*column, value, 0);
    } else {
      for (size_t i = 0; i < rows; ++i) append_random(*column, random);
    }
    columns.push_back(std::move(column));
  }
  if (call.limit) {
    auto limit = std::make_shared<Column>(integer_type, rows);
    const auto most = static_cast<int32_t>(1 + random() % 8);
    // What came beyond the limit is forgotten: with one, taking back is not exact.
    const bool exact = static_cast<bool>(call.overload->retract);
    for (size_t i = 0; i < rows; ++i) limit->set(i, exact ? call.limit->standard : most);
    columns.push_back(std::move(limit));
  }
  return columns;
}

class States {
 public:
  States(const Call& call, const std::vector<ColumnPtr>& arguments, size_t entries)
      : call_(call), arguments_(arguments) {
    for (Type& type : call.overload->state_types(call.parameters)) columns_.emplace_back(std::move(type));
    for (StateColumn& column : columns_) {
      column.resize(entries);
      pointers_.push_back(&column);
    }
  }

  void add(const std::vector<uint32_t>& rows, const std::vector<uint32_t>& entries, int64_t sequence) {
    call_.overload->add(pointers_, {arguments_, Selection(rows), entries, errors_, sequence});
  }
  void retract(uint32_t row, uint32_t entry) {
    const std::vector<uint32_t> rows{row}, entries{entry};
    call_.overload->retract(pointers_, {arguments_, Selection(rows), entries, errors_});
  }
  void merge(uint32_t to, uint32_t from) { call_.overload->merge(pointers_, to, pointers_, from); }
  ColumnPtr result(uint32_t entry) const {
    return call_.overload->result(pointers_, std::span(&entry, 1), call_.result);
  }
  // Through the bytes of the state topic.
  void reload() {
    std::vector<uint32_t> entries(64);
    for (StateColumn& column : columns_) {
      std::iota(entries.begin(), entries.end(), 0U);
      StateWriter writer;
      column.save(entries, writer);
      for (const uint32_t entry : entries) column.reset(entry);
      StateReader reader(writer.buffer());
      column.load(entries, reader);
    }
  }

 private:
  const Call& call_;
  const std::vector<ColumnPtr>& arguments_;
  std::vector<StateColumn> columns_;
  std::vector<StateColumn*> pointers_;
  RowErrors errors_;
};

constexpr uint32_t entry_count = 64;

std::string text_of(const Column& column) {
  std::string text;
  append_json(column, 0, text, JsonTimes::text);
  return text;
}

bool close(const Column& a, const Column& b) {
  if (!a.type().is(TypeKind::double_) || !a.valid(0) || !b.valid(0)) return same_value(a, 0, b, 0);
  const double x = a.at<double>(0);
  const double y = b.at<double>(0);
  if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
  return std::abs(x - y) <= 1e-9 * std::max({1.0, std::abs(x), std::abs(y)});
}

// Lists are compared without regard to order where rows were taken back: of equal ones the last goes.
bool same_elements(const Column& a, const Column& b) {
  if (!a.type().is(TypeKind::array)) return close(a, b);
  const auto [begin, end] = a.range(0);
  const auto other = b.range(0);
  if (end - begin != other.end - other.begin) return false;
  std::vector<bool> used(end - begin, false);
  for (uint32_t i = begin; i < end; ++i) {
    bool found = false;
    for (uint32_t j = other.begin; j < other.end && !found; ++j) {
      if (used[j - other.begin] || !same_value(a.child(0), i, b.child(0), j)) continue;
      found = used[j - other.begin] = true;
    }
    if (!found) return false;
  }
  return true;
}

class AggregateProperties : public testing::Test {
 protected:
  static constexpr int seeds = 40;

  template <class F>
  void for_each_call(F&& check) const {
    for (const Call& call : all_calls()) {
      for (uint64_t seed = 1; seed <= seeds; ++seed) {
        SCOPED_TRACE(call.text() + " seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        const size_t rows = 1 + random() % 30;
        const auto arguments = random_rows(call, call.parameters.empty() ? 0 : rows, random);
        check(call, arguments, rows, random);
        if (HasFailure()) return;
      }
    }
  }
  static ColumnPtr value_of(const Call& call, const std::vector<ColumnPtr>& arguments,
                            const std::vector<uint32_t>& rows) {
    States states(call, arguments, 1);
    for (size_t i = 0; i < rows.size(); ++i) states.add({rows[i]}, {0}, static_cast<int64_t>(rows[i]));
    return states.result(0);
  }
  static std::vector<uint32_t> all_rows(size_t rows) {
    std::vector<uint32_t> all(rows);
    std::iota(all.begin(), all.end(), 0U);
    return all;
  }
};

TEST_F(AggregateProperties, EveryOverloadIsTried) {
  std::set<const AggregateOverload*> tried;
  for (const Call& call : all_calls()) tried.insert(call.overload);
  for (const auto& [name, function] : all_aggregates().all())
    for (const AggregateOverload& overload : function.overloads)
      EXPECT_TRUE(tried.contains(&overload)) << name << overload.signature.text();
}

TEST_F(AggregateProperties, AnySplitIntoBatches) {
  for_each_call([](const Call& call, const auto& arguments, size_t rows, std::mt19937_64& random) {
    States states(call, arguments, entry_count);
    // Rows of two groups, mixed.
    std::vector<uint32_t> groups, members[2];
    for (uint32_t row = 0; row < rows; ++row) {
      groups.push_back(static_cast<uint32_t>(random() % 2));
      members[groups.back()].push_back(row);
    }
    for (uint32_t begin = 0; begin < rows;) {
      const uint32_t end =
          std::min<uint32_t>(static_cast<uint32_t>(rows), begin + 1 + static_cast<uint32_t>(random() % 10));
      std::vector<uint32_t> batch;
      for (uint32_t row = begin; row < end; ++row) batch.push_back(row);
      states.add(batch, {groups.begin() + begin, groups.begin() + end}, begin);
      if (random() % 3 == 0) states.reload();
      begin = end;
    }
    for (uint32_t group = 0; group < 2; ++group) {
      if (members[group].empty()) continue;
      const ColumnPtr expected = value_of(call, arguments, members[group]);
      const ColumnPtr got = states.result(group);
      EXPECT_EQ(got->type(), call.result);
      EXPECT_TRUE(close(*got, *expected)) << text_of(*got) << " is not " << text_of(*expected);
    }
  });
}

// Where merging is exact the rows are dealt out in any way; else the parts follow each other, and merge in their order.
TEST_F(AggregateProperties, AnyTreeOfMerges) {
  for_each_call([](const Call& call, const auto& arguments, size_t rows, std::mt19937_64& random) {
    if (!call.overload->merge) return;
    States states(call, arguments, entry_count);
    const auto parts = static_cast<uint32_t>(1 + random() % 8);
    std::vector<uint32_t> part_of;
    for (size_t i = 0; i < rows; ++i) part_of.push_back(static_cast<uint32_t>(random() % parts));
    if (!call.overload->merges_exactly) std::sort(part_of.begin(), part_of.end());
    for (uint32_t row = 0; row < rows; ++row) states.add({row}, {part_of[row]}, row);
    std::vector<uint32_t> left(parts);
    std::iota(left.begin(), left.end(), 0U);
    while (left.size() > 1) {
      size_t to = random() % (left.size() - 1);
      size_t from = to + 1;
      if (call.overload->merges_exactly) {
        from = random() % left.size();
        if (from == to) continue;
      }
      states.merge(left[to], left[from]);
      left.erase(left.begin() + static_cast<std::ptrdiff_t>(from));
      if (random() % 3 == 0) states.reload();
    }
    const ColumnPtr expected = value_of(call, arguments, all_rows(rows));
    const ColumnPtr got = states.result(left[0]);
    EXPECT_TRUE(close(*got, *expected)) << text_of(*got) << " is not " << text_of(*expected);
  });
}

TEST_F(AggregateProperties, AnySequenceOfAddingAndTakingBack) {
  for_each_call([](const Call& call, const auto& arguments, size_t rows, std::mt19937_64& random) {
    if (!call.overload->retract) return;
    States states(call, arguments, entry_count);
    std::vector<uint32_t> there;
    for (uint32_t row = 0; row < rows;) {
      if (!there.empty() && random() % 3 == 0) {
        const size_t gone = random() % there.size();
        states.retract(there[gone], 0);
        there.erase(there.begin() + static_cast<std::ptrdiff_t>(gone));
      } else {
        states.add({row}, {0}, row);
        there.push_back(row++);
      }
      if (random() % 3 == 0) states.reload();
    }
    if (there.empty()) return;
    const ColumnPtr expected = value_of(call, arguments, there);
    const ColumnPtr got = states.result(0);
    EXPECT_TRUE(same_elements(*got, *expected)) << text_of(*got) << " is not " << text_of(*expected);
  });
}

// What takes the place of exact counting from some number on errs by little.
TEST(CountDistinct, ManyValues) {
  const AggregateOverload& overload = all_aggregates().find("COUNT_DISTINCT")->overloads[0];
  for (const int64_t values : {1'000, 1'024, 1'025, 5'000, 40'000, 300'000}) {
    auto column = std::make_shared<Column>(bigint_type, static_cast<size_t>(values));
    for (int64_t i = 0; i < values; ++i) column->set(static_cast<size_t>(i), i * 7);
    const std::vector<ColumnPtr> arguments{column};
    Call call{"COUNT_DISTINCT", &overload, {bigint_type}, bigint_type, {}};
    States states(call, arguments, 2);
    std::vector<uint32_t> rows(static_cast<size_t>(values));
    std::iota(rows.begin(), rows.end(), 0U);
    std::vector<uint32_t> entries;
    for (const uint32_t row : rows) entries.push_back(row % 2);
    states.add(rows, entries, 0);
    states.merge(0, 1);
    const auto counted = static_cast<double>(states.result(0)->at<int64_t>(0));
    EXPECT_NEAR(counted, static_cast<double>(values), values <= 1'024 ? 0 : 0.03 * static_cast<double>(values));
  }
}

}  // namespace
}  // namespace millrace
