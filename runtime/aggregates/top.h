// TOPK and TOPKDISTINCT: the k largest values, the largest first; of equal ones the one that came first.
//
// State: the elements, and k. An element is the value that orders them, as append_value_bytes() writes it, and then
// those of the other columns.
#pragma once

#include <algorithm>

#include "runtime/aggregate_registry.h"
#include "runtime/state/value_list.h"

namespace millrace {

template <class T>
T sort_value(std::string_view element) {
  StateReader reader(element.substr(1));
  if constexpr (std::is_same_v<T, std::string_view>) {
    return reader.text();
  } else {
    return reader.number<T>();
  }
}

// Puts the element into its place, if it is among the k.
template <class T>
void add_top(StateColumn& tops, uint32_t entry, std::string_view element, size_t k, bool distinct) {
  auto elements = list_elements(tops.text(entry));
  const T value = sort_value<T>(element);
  const auto at = std::upper_bound(elements.begin(), elements.end(), value,
                                   [](const T& v, std::string_view e) { return v > sort_value<T>(e); });
  if (static_cast<size_t>(at - elements.begin()) >= k) return;
  if (distinct && at != elements.begin() && !(sort_value<T>(*(at - 1)) > value)) return;
  elements.insert(at, element);
  if (elements.size() > k) elements.pop_back();
  set_list(tops, entry, elements);
}

template <class T, bool distinct>
void add_top_rows(AggregateState state, const AggregateInput& in) {
  const auto k = in.arguments.back()->at<int32_t>(0);
  std::string element;
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    for (StateColumn* column : state) column->set_valid(entry, true);
    state[1]->at<int32_t>(entry) = k;
    if (!in.arguments[0]->valid(in.rows[i])) continue;
    element.clear();
    for (const ColumnPtr& column : in.arguments.first(in.arguments.size() - 1))
      append_value_bytes(*column, in.rows[i], element);
    add_top<T>(*state[0], entry, element, static_cast<size_t>(k), distinct);
  }
}

inline Type top_type(const std::vector<Type>& parameters) {
  if (parameters.size() == 2) return Type::array(parameters[0]);
  std::vector<std::string> names{"sort_col"};
  for (size_t i = 0; i + 2 < parameters.size(); ++i) names.push_back("col" + std::to_string(i));
  return Type::array(Type::structure(std::move(names), {parameters.begin(), parameters.end() - 1}));
}

inline ColumnPtr read_tops(AggregateState state, std::span<const uint32_t> entries, const Type& type) {
  if (!type.element().is(TypeKind::struct_)) return read_lists(*state[0], entries, type);
  auto out = std::make_shared<Column>(type, 0);
  Column& rows = out->child(0);
  for (const uint32_t entry : entries) {
    for (const std::string_view element : list_elements(state[0]->text(entry))) {
      StateReader reader(element);
      for (size_t c = 0; c < rows.child_count(); ++c) read_value_bytes(reader, rows.child(c));
      rows.append_nested();
    }
    out->append_nested();
  }
  return out;
}

template <class T, bool distinct>
AggregateOverload top_overload(std::string signature) {
  const bool ties_differ = signature.find("...") != std::string::npos;
  return {
      .signature = Signature(std::move(signature)),
      .state_types =
          [](const std::vector<Type>&) {
            return std::vector{bytes_type, integer_type};
          },
      .result_type = top_type,
      .add = add_top_rows<T, distinct>,
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            if (!other[1]->valid(from)) return;
            for (StateColumn* column : state) column->set_valid(to, true);
            const auto k = state[1]->at<int32_t>(to) = other[1]->at<int32_t>(from);
            const std::string list = other[0]->text(from);
            for (const std::string_view element : list_elements(list))
              add_top<T>(*state[0], to, element, static_cast<size_t>(k), distinct);
          },
      .merges_exactly = !ties_differ,
      .result = read_tops,
      .settings = 1,
  };
}

}  // namespace millrace
