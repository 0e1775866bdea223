#include "runtime/aggregate_registry.h"

namespace millrace {

namespace {

// COUNT(*) has no argument and counts rows; COUNT(x) counts those where x is not null.
template <int step>
void count(AggregateState state, const AggregateInput& in) {
  auto& counts = *state[0];
  for (size_t i = 0; i < in.rows.size(); ++i) {
    counts.set_valid(in.entries[i], true);
    if (in.arguments.empty() || in.arguments[0]->valid(in.rows[i])) counts.at<int64_t>(in.entries[i]) += step;
  }
}

AggregateOverload overload(std::string signature) {
  return {
      .signature = Signature(std::move(signature)),
      .state_types = [](const std::vector<Type>&) { return std::vector{bigint_type}; },
      .add = count<1>,
      .retract = count<-1>,
      .merge =
          [](AggregateState state, uint32_t to, AggregateState other, uint32_t from) {
            state[0]->at<int64_t>(to) += other[0]->at<int64_t>(from);
            state[0]->set_valid(to, true);
          },
      .merges_exactly = true,
      .result = [](AggregateState state, std::span<const uint32_t> entries, const Type&) -> ColumnPtr {
        auto out = std::make_shared<Column>(bigint_type, entries.size());
        for (size_t i = 0; i < entries.size(); ++i) out->set(i, state[0]->at<int64_t>(entries[i]));
        return out;
      },
  };
}

}  // namespace

void register_count(AggregateRegistry& registry) {
  registry.add({
      .name = "COUNT",
      .help = "The number of rows, or of those where the argument is not null.",
      .example_rows = {"1", "NULL", "3"},
      .example_result = "CAST(2 AS BIGINT)",
      .overloads = {overload("() -> BIGINT"), overload("(T) -> BIGINT")},
  });
}

}  // namespace millrace
