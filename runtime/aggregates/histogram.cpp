#include "runtime/aggregate_registry.h"
#include "runtime/state/value_list.h"

namespace millrace {

namespace {

constexpr int32_t values_max = 1000;

// State: the different values with their counts; and the limit, so that two states can be merged by themselves.
void change(AggregateState state, uint32_t entry, std::string_view value, int64_t times) {
  count_value(*state[0], entry, value, times, static_cast<size_t>(state[1]->at<int32_t>(entry)));
}

template <int step>
void change_rows(AggregateState state, const AggregateInput& in) {
  const Column& values = *in.arguments[0];
  for (size_t i = 0; i < in.rows.size(); ++i) {
    const uint32_t entry = in.entries[i];
    for (StateColumn* column : state) column->set_valid(entry, true);
    state[1]->at<int32_t>(entry) = in.arguments[1]->at<int32_t>(0);
    if (values.valid(in.rows[i])) change(state, entry, values.at<std::string_view>(in.rows[i]), step);
  }
}

void merge(AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
  if (!other[1]->valid(from)) return;
  for (StateColumn* column : state) column->set_valid(to, true);
  state[1]->at<int32_t>(to) = other[1]->at<int32_t>(from);
  const std::string list = other[0]->text(from);
  for (const std::string_view element : list_elements(list))
    change(state, to, counted_value(element), counted_times(element));
}

ColumnPtr result(AggregateState state, std::span<const uint32_t> entries, const Type& type) {
  auto out = std::make_shared<Column>(type, 0);
  for (const uint32_t entry : entries) {
    for (const std::string_view element : list_elements(state[0]->text(entry))) {
      out->child(0).append(out->child(0).keep(counted_value(element)));
      out->child(1).append(counted_times(element));
    }
    out->append_nested();
  }
  return out;
}

}  // namespace

void register_histogram(AggregateRegistry& registry) {
  registry.add({
      .name = "HISTOGRAM",
      .help = "How often each value comes, nulls left out; at most ksql.functions.histogram.limit (1000) values.",
      .example_rows = {"'a'", "NULL", "'b'", "'a'"},
      .example_result = "MAP('a' := CAST(2 AS BIGINT), 'b' := CAST(1 AS BIGINT))",
      .overloads = {{
          .signature = Signature("(VARCHAR) -> MAP<VARCHAR, BIGINT>"),
          .state_types =
              [](const std::vector<Type>&) {
                return std::vector{bytes_type, integer_type};
              },
          .add = change_rows<1>,
          .retract = change_rows<-1>,
          .merge = merge,
          .result = result,
      }},
      .limit = AggregateLimit{"ksql.functions.histogram.limit", values_max},
  });
}

}  // namespace millrace
