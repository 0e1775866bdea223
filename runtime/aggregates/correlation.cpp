#include <cmath>

#include "runtime/aggregate_registry.h"

namespace millrace {

namespace {

enum Part : size_t { count, sum_x, sum_y, sum_xx, sum_yy, sum_xy, parts };

// State: the number of pairs without a null, and the sums of x, y, their squares and their products; of whole numbers
// they are exact.
template <class T>
using Sum = std::conditional_t<std::is_same_v<T, double>, double, Decimal>;

template <class T, int sign>
void change(AggregateState state, const AggregateInput& in) {
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    for (StateColumn* column : state) column->set_valid(entry, true);
    if (!in.arguments[0]->valid(in.rows[i]) || !in.arguments[1]->valid(in.rows[i])) continue;
    const Sum<T> x = in.arguments[0]->at<T>(in.rows[i]);
    const Sum<T> y = in.arguments[1]->at<T>(in.rows[i]);
    state[count]->at<int64_t>(entry) += sign;
    state[sum_x]->at<Sum<T>>(entry) += sign * x;
    state[sum_y]->at<Sum<T>>(entry) += sign * y;
    state[sum_xx]->at<Sum<T>>(entry) += sign * x * x;
    state[sum_yy]->at<Sum<T>>(entry) += sign * y * y;
    state[sum_xy]->at<Sum<T>>(entry) += sign * x * y;
  }
}

template <class T>
void merge(AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
  state[count]->at<int64_t>(to) += other[count]->at<int64_t>(from);
  for (size_t part = sum_x; part < parts; ++part) state[part]->at<Sum<T>>(to) += other[part]->at<Sum<T>>(from);
  for (StateColumn* column : state) column->set_valid(to, true);
}

template <class T>
ColumnPtr result(AggregateState state, std::span<const uint32_t> entries, const Type&) {
  auto out = std::make_shared<Column>(double_type, entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto n = static_cast<long double>(state[count]->at<int64_t>(entries[i]));
    auto sum = [&](Part part) { return static_cast<long double>(state[part]->at<Sum<T>>(entries[i])); };
    const long double spread_x = std::sqrt(n * sum(sum_xx) - sum(sum_x) * sum(sum_x));
    const long double spread_y = std::sqrt(n * sum(sum_yy) - sum(sum_y) * sum(sum_y));
    out->set(i, static_cast<double>((n * sum(sum_xy) - sum(sum_x) * sum(sum_y)) / (spread_x * spread_y)));
  }
  return out;
}

template <class T>
AggregateOverload overload(std::string signature) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types =
          [](const std::vector<Type>&) {
            std::vector<Type> types(parts, std::is_same_v<T, double> ? double_type : Type::decimal(38, 0));
            types[count] = bigint_type;
            return types;
          },
      .add = change<T, 1>,
      .retract = change<T, -1>,
      .merge = merge<T>,
      .merges_exactly = !std::is_same_v<T, double>,
      .result = result<T>,
  };
}

}  // namespace

void register_correlation(AggregateRegistry& registry) {
  registry.add({
      .name = "CORRELATION",
      .help = "Pearson's coefficient of correlation of the pairs without a null; NaN where one side does not vary.",
      .example_rows = {"1, 2", "NULL, 9", "2, 4", "3, 6"},
      .example_result = "1E0",
      .overloads = {overload<int32_t>("(INT, INT) -> DOUBLE"), overload<int64_t>("(BIGINT, BIGINT) -> DOUBLE"),
                    overload<double>("(DOUBLE, DOUBLE) -> DOUBLE")},
  });
}

}  // namespace millrace
