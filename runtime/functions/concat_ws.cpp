#include "runtime/function_registry.h"

namespace millrace {

namespace {

std::shared_ptr<Column> concat_ws(const FunctionCall& call) {
  auto out = std::make_shared<Column>(call.result, call.size);
  std::string joined;
  call.rows.for_each([&](size_t row) {
    if (!call.arguments[0]->valid(row)) return out->set_null(row);
    const auto separator = call.arguments[0]->at<std::string_view>(row);
    joined.clear();
    bool first = true;
    for (const ColumnPtr& argument : call.arguments.subspan(1)) {
      if (!argument->valid(row)) continue;
      if (!first) joined += separator;
      first = false;
      joined += argument->at<std::string_view>(row);
    }
    out->set(row, out->keep(joined));
  });
  return out;
}

}  // namespace

void register_concat_ws(FunctionRegistry& registry) {
  registry.add({.name = "CONCAT_WS",
                .group = "Strings",
                .help = "All texts, or bytes, after the first, which stands between them; nulls are left out.",
                .example = {"CONCAT_WS('-', 'a', CAST(NULL AS VARCHAR), 'b')", "'a-b'"},
                .overloads = {{Signature("(VARCHAR, VARCHAR, VARCHAR...) -> VARCHAR"), concat_ws},
                              {Signature("(BYTES, BYTES, BYTES...) -> BYTES"), concat_ws}}});
}

}  // namespace millrace
