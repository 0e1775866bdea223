#include "runtime/aggregate_registry.h"

namespace millrace {

namespace {

template <class T>
using Sum = std::conditional_t<std::is_same_v<T, double>, double, int64_t>;

template <class T, int sign>
void add(AggregateState state, const AggregateInput& in) {
  const Column& values = *in.arguments[0];
  for (size_t i = 0; i < in.rows.size(); ++i) {
    if (!values.valid(in.rows[i])) continue;
    const uint32_t entry = in.entries[i];
    auto& sum = state[0]->at<Sum<T>>(entry);
    if constexpr (std::is_same_v<T, double>) {
      sum += sign * values.at<T>(in.rows[i]);
    } else {  // wraps
      const auto value = static_cast<uint64_t>(static_cast<int64_t>(values.at<T>(in.rows[i])));
      sum = static_cast<int64_t>(sign > 0 ? static_cast<uint64_t>(sum) + value : static_cast<uint64_t>(sum) - value);
    }
    state[1]->at<int64_t>(entry) += sign;
    state[0]->set_valid(entry, true);
    state[1]->set_valid(entry, true);
  }
}

template <class T>
AggregateOverload overload(std::string signature) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types =
          [](const std::vector<Type>&) {
            return std::vector{std::is_same_v<T, double> ? double_type : bigint_type, bigint_type};
          },
      .add = add<T, 1>,
      .retract = add<T, -1>,
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            state[0]->template at<Sum<T>>(to) += other[0]->template at<Sum<T>>(from);
            state[1]->template at<int64_t>(to) += other[1]->template at<int64_t>(from);
            for (StateColumn* column : state) column->set_valid(to, true);
          },
      .merges_exactly = !std::is_same_v<T, double>,
      // Of no values: 0.0, as in the base language.
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        auto out = std::make_shared<Column>(double_type, entries.size());
        for (size_t i = 0; i < entries.size(); ++i) {
          const auto count = static_cast<double>(state[1]->template at<int64_t>(entries[i]));
          const auto sum = static_cast<double>(state[0]->template at<Sum<T>>(entries[i]));
          out->set(i, count == 0 ? 0.0 : sum / count);
        }
        return out;
      },
  };
}

}  // namespace

void register_avg(AggregateRegistry& registry) {
  registry.add({
      .name = "AVG",
      .help = "The mean of the values that are not null.",
      .example_rows = {"1", "NULL", "4"},
      .example_result = "2.5E0",
      .overloads = {overload<int32_t>("(INT) -> DOUBLE"), overload<int64_t>("(BIGINT) -> DOUBLE"),
                    overload<double>("(DOUBLE) -> DOUBLE")},
  });
}

}  // namespace millrace
