#include "runtime/aggregates/top.h"

namespace millrace {

namespace {

template <class T>
AggregateOverload overload(const std::string& type) {
  return top_overload<T, true>("(" + type + ", INT) -> ARRAY<" + type + ">");
}

}  // namespace

void register_topkdistinct(AggregateRegistry& registry) {
  registry.add({
      .name = "TOPKDISTINCT",
      .help = "The K largest different values that are not null, the largest first.",
      .example_rows = {"1, 2", "NULL, 2", "5, 2", "3, 2", "5, 2"},
      .example_result = "ARRAY[5, 3]",
      .overloads = {overload<int32_t>("INT"), overload<int64_t>("BIGINT"), overload<Decimal>("DECIMAL"),
                    overload<double>("DOUBLE"), overload<std::string_view>("VARCHAR"),
                    overload<std::string_view>("BYTES"), overload<int32_t>("DATE"), overload<int32_t>("TIME"),
                    overload<int64_t>("TIMESTAMP")},
  });
}

}  // namespace millrace
