// COLLECT_LIST and COLLECT_SET, which differ in whether a value comes again.
//
// State: the values, how many they are, and the limit, so that two states can be merged by themselves.
#pragma once

#include <algorithm>

#include "runtime/aggregate_registry.h"
#include "runtime/state/value_list.h"

namespace millrace {

inline constexpr int32_t collect_limit = 10'000;

// Whether the element was taken.
inline bool collect(AggregateState state, uint32_t entry, std::string_view element, bool distinct) {
  auto& count = state[1]->at<int32_t>(entry);
  if (count >= state[2]->at<int32_t>(entry)) return false;
  if (distinct) {
    const auto elements = list_elements(state[0]->text(entry));
    if (std::find(elements.begin(), elements.end(), element) != elements.end()) return false;
  }
  append_element(*state[0], entry, element);
  ++count;
  return true;
}

template <bool distinct>
void collect_rows(AggregateState state, const AggregateInput& in) {
  const Column& values = *in.arguments[0];
  const auto limit = in.arguments[1]->at<int32_t>(0);
  std::string element;
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    for (StateColumn* column : state) column->set_valid(entry, true);
    state[2]->at<int32_t>(entry) = limit;
    element.clear();
    append_value_bytes(values, in.rows[i], element);
    collect(state, entry, element, distinct);
  }
}

// Of equal values the last one goes. One that is not there was beyond the limit.
inline void uncollect_rows(AggregateState state, const AggregateInput& in) {
  const Column& values = *in.arguments[0];
  std::string element;
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    element.clear();
    append_value_bytes(values, in.rows[i], element);
    auto elements = list_elements(state[0]->text(entry));
    const auto last = std::find(elements.rbegin(), elements.rend(), element);
    if (last == elements.rend()) continue;
    elements.erase(std::next(last).base());
    set_list(*state[0], entry, elements);
    --state[1]->at<int32_t>(entry);
  }
}

template <bool distinct>
AggregateOverload collect_overload() {
  AggregateOverload overload{
      .signature = Signature("(T) -> ARRAY<T>"),
      .state_types =
          [](const std::vector<Type>&) {
            return std::vector{bytes_type, integer_type, integer_type};
          },
      .add = collect_rows<distinct>,
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            if (!other[2]->valid(from)) return;
            for (StateColumn* column : state) column->set_valid(to, true);
            state[2]->at<int32_t>(to) = other[2]->at<int32_t>(from);
            const std::string list = other[0]->text(from);
            for (const std::string_view element : list_elements(list)) collect(state, to, element, distinct);
          },
      .result = [](AggregateState state, std::span<const uint32_t> entries,
                   const Type& type) { return read_lists(*state[0], entries, type); },
  };
  if (!distinct) overload.retract = uncollect_rows;
  return overload;
}

}  // namespace millrace
