// Lists of values in a state column of BYTES: one after the other, each as append_value_bytes() writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/state/state_column.h"
#include "runtime/state/value_bytes.h"

namespace millrace {

// The elements; valid until the list changes.
std::vector<std::string_view> list_elements(std::string_view list);
void append_element(StateColumn& lists, uint32_t entry, std::string_view element);
// The elements may lie in the list itself.
void set_list(StateColumn& lists, uint32_t entry, const std::vector<std::string_view>& elements);
// The lists of these entries as a column of ARRAY.
ColumnPtr read_lists(const StateColumn& lists, std::span<const uint32_t> entries, const Type& type);

// Lists of different values in order of their bytes, each with how often it was counted: an element is the count and
// then the value.
//
// Counts `value` so many times more, or less; at 0 it goes. Where the list has `values_max` others it is left out.
void count_value(StateColumn& lists, uint32_t entry, std::string_view value, int64_t times, size_t values_max);
inline int64_t counted_times(std::string_view element) { return StateReader(element).number<int64_t>(); }
inline std::string_view counted_value(std::string_view element) { return element.substr(sizeof(int64_t)); }

}  // namespace millrace
