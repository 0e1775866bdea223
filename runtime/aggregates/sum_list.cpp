#include "runtime/aggregate_registry.h"

namespace millrace {

namespace {

// INTEGER and BIGINT wrap.
template <class T, int sign>
void sum(AggregateState state, const AggregateInput& in) {
  auto& sums = *state[0];
  const Column& lists = *in.arguments[0];
  for (size_t i = 0; i < in.rows.size(); ++i) {
    sums.set_valid(in.entries[i], true);
    if (!lists.valid(in.rows[i])) continue;
    const auto [begin, end] = lists.range(in.rows[i]);
    const Column& values = lists.child(0);
    T& sum = sums.at<T>(in.entries[i]);
    for (uint32_t e = begin; e < end; ++e) {
      if (!values.valid(e)) continue;
      if constexpr (std::is_integral_v<T>) {
        using U = std::make_unsigned_t<T>;
        const auto value = static_cast<U>(values.at<T>(e));
        sum = static_cast<T>(sign > 0 ? static_cast<U>(sum) + value : static_cast<U>(sum) - value);
      } else {
        sum += sign * values.at<T>(e);
      }
    }
  }
}

template <class T>
AggregateOverload overload(std::string signature) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types = [](const std::vector<Type>& arguments) { return std::vector{arguments[0].element()}; },
      .add = sum<T, 1>,
      .retract = sum<T, -1>,
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            T& mine = state[0]->template at<T>(to);
            const T theirs = other[0]->template at<T>(from);
            if constexpr (std::is_integral_v<T>) {
              using U = std::make_unsigned_t<T>;
              mine = static_cast<T>(static_cast<U>(mine) + static_cast<U>(theirs));
            } else {
              mine += theirs;
            }
            state[0]->set_valid(to, true);
          },
      .merges_exactly = std::is_integral_v<T>,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        return state[0]->read(entries);
      },
  };
}

}  // namespace

void register_sum_list(AggregateRegistry& registry) {
  registry.add({
      .name = "SUM_LIST",
      .help = "The sum of all elements of the arrays, nulls left out.",
      .example_rows = {"ARRAY[1, 2]", "NULL", "ARRAY[4]"},
      .example_result = "7",
      .overloads = {overload<int32_t>("(ARRAY<INT>) -> INT"), overload<int64_t>("(ARRAY<BIGINT>) -> BIGINT"),
                    overload<double>("(ARRAY<DOUBLE>) -> DOUBLE")},
  });
}

}  // namespace millrace
