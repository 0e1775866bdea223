// EARLIEST_BY_OFFSET and LATEST_BY_OFFSET, which differ in the end of the sequence of rows that they keep.
#pragma once

#include <algorithm>

#include "runtime/aggregate_registry.h"
#include "runtime/state/value_list.h"

namespace millrace {

enum class SequenceEnd : uint8_t { first, last };

// With the setting `ignore_nulls`, if there is one, as the last argument.
inline bool ignores_nulls(const AggregateInput& in) {
  const Column& setting = *in.arguments.back();
  return !setting.type().is(TypeKind::boolean) || in.arguments.size() == 1 || setting.at<uint8_t>(0) != 0;
}

// One value. State: the value, and its row's place in the sequence, null as long as there is none.
template <SequenceEnd end>
AggregateOverload one_by_offset(std::string signature, size_t settings) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types =
          [](const std::vector<Type>& arguments) {
            return std::vector{arguments[0], bigint_type};
          },
      .add =
          [](AggregateState state, const AggregateInput& in) {
            const Column& values = *in.arguments[0];
            const bool ignore = ignores_nulls(in);
            for (size_t i = 0; i < in.rows.size(); ++i) {
              const uint32_t entry = in.entries[i];
              if (ignore && !values.valid(in.rows[i])) continue;
              if (end == SequenceEnd::first && state[1]->valid(entry)) continue;
              state[0]->assign(entry, values, in.rows[i]);
              state[1]->at<int64_t>(entry) = in.sequence + static_cast<int64_t>(i);
              state[1]->set_valid(entry, true);
            }
          },
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            if (!other[1]->valid(from)) return;
            const auto mine = state[1]->template at<int64_t>(to);
            const auto theirs = other[1]->template at<int64_t>(from);
            if (state[1]->valid(to) && (end == SequenceEnd::first ? mine < theirs : mine > theirs)) return;
            for (size_t c = 0; c < 2; ++c) state[c]->assign(to, *other[c]->read(std::span(&from, 1)), 0);
          },
      .merges_exactly = true,
      .needs_sequence = true,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        return state[0]->read(entries);
      },
      .settings = settings,
  };
}

// N values. State: elements of place and value, and N.
struct PlacedValue {
  int64_t place = 0;
  std::string_view value;  // bytes
};
inline std::vector<PlacedValue> placed_values(std::string_view list) {
  std::vector<PlacedValue> values;
  for (const std::string_view element : list_elements(list)) {
    StateReader reader(element);
    const auto place = reader.number<int64_t>();
    values.push_back({place, element.substr(sizeof place)});
  }
  return values;
}

// Keeps the `count` elements at that end; they are in order of place.
template <SequenceEnd end>
std::vector<std::string_view> cut_elements(std::vector<std::string_view> elements, size_t count) {
  if (elements.size() <= count) return elements;
  const auto surplus = static_cast<std::ptrdiff_t>(elements.size() - count);
  if (end == SequenceEnd::first) {
    elements.erase(elements.end() - surplus, elements.end());
  } else {
    elements.erase(elements.begin(), elements.begin() + surplus);
  }
  return elements;
}

template <SequenceEnd end>
void add_placed(AggregateState state, const AggregateInput& in) {
  const Column& values = *in.arguments[0];
  const auto count = in.arguments[1]->at<int32_t>(0);
  const bool ignore = ignores_nulls(in);
  std::string element;
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    for (StateColumn* column : state) column->set_valid(entry, true);
    state[1]->at<int32_t>(entry) = count;
    if (ignore && !values.valid(in.rows[i])) continue;
    const int64_t place = in.sequence + static_cast<int64_t>(i);
    element.assign(reinterpret_cast<const char*>(&place), sizeof place);
    append_value_bytes(values, in.rows[i], element);
    auto elements = list_elements(state[0]->text(entry));
    if (elements.size() < static_cast<size_t>(count)) {
      append_element(*state[0], entry, element);
    } else if (end == SequenceEnd::last) {
      elements.push_back(element);
      set_list(*state[0], entry, cut_elements<end>(std::move(elements), static_cast<size_t>(count)));
    }
  }
}

template <SequenceEnd end>
void merge_placed(AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
  if (!other[1]->valid(from)) return;
  for (StateColumn* column : state) column->set_valid(to, true);
  const auto count = state[1]->at<int32_t>(to) = other[1]->at<int32_t>(from);
  auto place = [](std::string_view element) { return StateReader(element).number<int64_t>(); };
  const auto mine = list_elements(state[0]->text(to));
  const auto theirs = list_elements(other[0]->text(from));
  std::vector<std::string_view> both;
  std::merge(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(both),
             [&](std::string_view a, std::string_view b) { return place(a) < place(b); });
  set_list(*state[0], to, cut_elements<end>(std::move(both), static_cast<size_t>(count)));
}

template <SequenceEnd end>
AggregateOverload several_by_offset(std::string signature, size_t settings) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types =
          [](const std::vector<Type>&) {
            return std::vector{bytes_type, integer_type};
          },
      .add = add_placed<end>,
      .merge = merge_placed<end>,
      .merges_exactly = true,
      .needs_sequence = true,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type& type) -> ColumnPtr {
        auto out = std::make_shared<Column>(type, 0);
        for (const uint32_t entry : entries) {
          for (const PlacedValue& value : placed_values(state[0]->text(entry))) {
            StateReader bytes(value.value);
            read_value_bytes(bytes, out->child(0));
          }
          out->append_nested();
        }
        return out;
      },
      .settings = settings,
  };
}

template <SequenceEnd end>
std::vector<AggregateOverload> by_offset_overloads() {
  return {one_by_offset<end>("(T) -> T", 0), one_by_offset<end>("(T, BOOLEAN) -> T", 1),
          several_by_offset<end>("(T, INT) -> ARRAY<T>", 1),
          several_by_offset<end>("(T, INT, BOOLEAN) -> ARRAY<T>", 2)};
}

}  // namespace millrace
