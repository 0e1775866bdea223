#include "runtime/aggregates/top.h"

namespace millrace {

namespace {

template <class T>
void add_overloads(AggregateFunction& function, const std::string& type) {
  function.overloads.push_back(top_overload<T, false>("(" + type + ", INT) -> ARRAY<" + type + ">"));
  function.overloads.push_back(top_overload<T, false>("(" + type + ", ANY, ANY..., INT) -> ARRAY<STRUCT>"));
}

}  // namespace

void register_topk(AggregateRegistry& registry) {
  AggregateFunction function{
      .name = "TOPK",
      .help =
          "The K largest values that are not null, the largest first; with further columns each as a structure with "
          "theirs.",
      .example_rows = {"1, 2", "NULL, 2", "5, 2", "3, 2", "5, 2"},
      .example_result = "ARRAY[5, 5]",
      .overloads = {},
  };
  add_overloads<int32_t>(function, "INT");
  add_overloads<int64_t>(function, "BIGINT");
  add_overloads<double>(function, "DOUBLE");
  add_overloads<std::string_view>(function, "VARCHAR");
  registry.add(std::move(function));
}

}  // namespace millrace
