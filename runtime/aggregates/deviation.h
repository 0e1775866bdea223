// The standard deviation and its relatives, which differ in the last step only.
#pragma once

#include <cmath>

#include "runtime/aggregate_registry.h"

namespace millrace {

// State: the number of values, their sum, and the sum of the squared differences from the mean, which rows and other
// states are added to and taken from without losing digits as a sum of squares would (Youngs and Cramer).
template <class T>
struct Deviation {
  using Sum = std::conditional_t<std::is_same_v<T, double>, double, int64_t>;

  static void add(AggregateState state, const AggregateInput& in) { change<1>(state, in); }
  static void retract(AggregateState state, const AggregateInput& in) { change<-1>(state, in); }

  static void merge(AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
    const auto n = static_cast<double>(state[0]->at<int64_t>(to));
    const auto m = static_cast<double>(other[0]->at<int64_t>(from));
    if (n > 0 && m > 0) {
      const double apart =
          m / n * static_cast<double>(state[1]->at<Sum>(to)) - static_cast<double>(other[1]->at<Sum>(from));
      state[2]->at<double>(to) += n / (m * (n + m)) * apart * apart;
    }
    state[2]->at<double>(to) += other[2]->at<double>(from);
    state[0]->at<int64_t>(to) += other[0]->at<int64_t>(from);
    state[1]->at<Sum>(to) = sum_of(state[1]->at<Sum>(to), other[1]->at<Sum>(from), 1);
    for (StateColumn* column : state) column->set_valid(to, true);
  }

 private:
  // Whole numbers wrap.
  static Sum sum_of(Sum sum, Sum value, int sign) {
    if constexpr (std::is_same_v<Sum, double>) {
      return sum + sign * value;
    } else {
      const auto part = static_cast<uint64_t>(value);
      return static_cast<Sum>(sign > 0 ? static_cast<uint64_t>(sum) + part : static_cast<uint64_t>(sum) - part);
    }
  }

  template <int sign>
  static void change(AggregateState state, const AggregateInput& in) {
    const Column& values = *in.arguments[0];
    for (size_t i = 0; i < in.rows.size(); ++i) {
      const uint32_t entry = in.entries[i];
      for (StateColumn* column : state) column->set_valid(entry, true);
      if (!values.valid(in.rows[i])) continue;
      const T value = values.at<T>(in.rows[i]);
      auto& count = state[0]->at<int64_t>(entry);
      auto& sum = state[1]->at<Sum>(entry);
      auto& squares = state[2]->at<double>(entry);
      // The step that the larger of the two states differs by is the same in both directions.
      const auto n = static_cast<double>(sign > 0 ? count + 1 : count);
      if (sign > 0) sum = sum_of(sum, value, 1);
      const double apart = n * static_cast<double>(value) - static_cast<double>(sum);
      if (n > 1) squares = std::max(0.0, squares + sign * (apart * apart / (n * (n - 1))));
      if (sign < 0) sum = sum_of(sum, value, -1);
      count += sign;
      if (count < 2) squares = 0;
    }
  }
};

// `last` gives the result from the number of values, at least 2, and the sum of squared differences.
template <class T, double (*last)(double count, double squares)>
AggregateOverload deviation_overload(std::string signature) {
  using Sum = typename Deviation<T>::Sum;
  return {
      .signature = Signature(std::move(signature)),
      .state_types =
          [](const std::vector<Type>&) {
            return std::vector{bigint_type, std::is_same_v<Sum, double> ? double_type : bigint_type, double_type};
          },
      .add = Deviation<T>::add,
      .retract = Deviation<T>::retract,
      .merge = Deviation<T>::merge,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        auto out = std::make_shared<Column>(double_type, entries.size());
        for (size_t i = 0; i < entries.size(); ++i) {
          const auto count = state[0]->at<int64_t>(entries[i]);
          out->set(i, count < 2 ? 0.0 : last(static_cast<double>(count), state[2]->at<double>(entries[i])));
        }
        return out;
      },
  };
}

template <double (*last)(double count, double squares)>
std::vector<AggregateOverload> deviation_overloads() {
  return {deviation_overload<int32_t, last>("(INT) -> DOUBLE"), deviation_overload<int64_t, last>("(BIGINT) -> DOUBLE"),
          deviation_overload<double, last>("(DOUBLE) -> DOUBLE")};
}

}  // namespace millrace
