#include <limits>

#include "runtime/aggregate_registry.h"
#include "runtime/state/value_list.h"

namespace millrace {

namespace {

constexpr size_t no_limit = std::numeric_limits<size_t>::max();

// State: the different values, null among them, with how often each is there.
template <int step>
void change_rows(AggregateState state, const AggregateInput& in) {
  std::string value;
  for (size_t i = 0; i < in.rows.size(); ++i) {
    value.clear();
    append_value_bytes(*in.arguments[0], in.rows[i], value);
    count_value(*state[0], in.entries[i], value, step, no_limit);
    state[0]->set_valid(in.entries[i], true);
  }
}

void merge(AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
  const std::string list = other[0]->text(from);
  for (const std::string_view element : list_elements(list))
    count_value(*state[0], to, counted_value(element), counted_times(element), no_limit);
  state[0]->set_valid(to, true);
}

ColumnPtr result(AggregateState state, std::span<const uint32_t> entries, const Type& type) {
  auto out = std::make_shared<Column>(type, 0);
  for (const uint32_t entry : entries) {
    const auto elements = list_elements(state[0]->text(entry));
    if (elements.size() == 1) {
      StateReader bytes(counted_value(elements[0]));
      read_value_bytes(bytes, *out);
    } else {
      out->append_null();
    }
  }
  return out;
}

}  // namespace

void register_attr(AggregateRegistry& registry) {
  registry.add({
      .name = "ATTR",
      .help = "The value that all rows have, null where they differ.",
      .example_rows = {"'a'", "'a'", "'a'"},
      .example_result = "'a'",
      .overloads = {{
          .signature = Signature("(T) -> T"),
          .state_types = [](const std::vector<Type>&) { return std::vector{bytes_type}; },
          .add = change_rows<1>,
          .retract = change_rows<-1>,
          .merge = merge,
          .merges_exactly = true,
          .result = result,
      }},
  });
}

}  // namespace millrace
