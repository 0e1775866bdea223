// MIN and MAX, which differ in the comparison only. They cannot retract.
#pragma once

#include "runtime/aggregate_registry.h"

namespace millrace {

template <class T, class Better>
void take_extreme(StateColumn& best, uint32_t entry, T value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    auto& text = best.text(entry);
    if (best.valid(entry) && !Better{}(value, std::string_view(text))) return;
    best.account_text(text.size(), value.size());
    text.assign(value);
  } else {
    if (best.valid(entry) && !Better{}(value, best.at<T>(entry))) return;
    best.at<T>(entry) = value;
  }
  best.set_valid(entry, true);
}

template <class T, class Better>
AggregateOverload extreme_overload(std::string signature) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types = [](const std::vector<Type>& arguments) { return arguments; },
      .add =
          [](AggregateState state, const AggregateInput& in) {
            const Column& values = *in.arguments[0];
            for (size_t i = 0; i < in.rows.size(); ++i)
              if (values.valid(in.rows[i])) take_extreme<T, Better>(*state[0], in.entries[i], values.at<T>(in.rows[i]));
          },
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            if (!other[0]->valid(from)) return;
            if constexpr (std::is_same_v<T, std::string_view>) {
              take_extreme<T, Better>(*state[0], to, std::string_view(other[0]->text(from)));
            } else {
              take_extreme<T, Better>(*state[0], to, other[0]->template at<T>(from));
            }
          },
      .merges_exactly = true,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        return state[0]->read(entries);
      },
  };
}

template <class Better>
std::vector<AggregateOverload> extreme_overloads() {
  return {extreme_overload<int32_t, Better>("(INT) -> INT"),
          extreme_overload<int64_t, Better>("(BIGINT) -> BIGINT"),
          extreme_overload<Decimal, Better>("(DECIMAL) -> DECIMAL"),
          extreme_overload<double, Better>("(DOUBLE) -> DOUBLE"),
          extreme_overload<std::string_view, Better>("(VARCHAR) -> VARCHAR"),
          extreme_overload<std::string_view, Better>("(BYTES) -> BYTES"),
          extreme_overload<int32_t, Better>("(DATE) -> DATE"),
          extreme_overload<int32_t, Better>("(TIME) -> TIME"),
          extreme_overload<int64_t, Better>("(TIMESTAMP) -> TIMESTAMP")};
}

}  // namespace millrace
