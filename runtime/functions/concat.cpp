#include "runtime/function_registry.h"

namespace millrace {

namespace {

// Nulls are skipped, as in the base language.
std::shared_ptr<Column> concat(const FunctionCall& call) {
  auto out = std::make_shared<Column>(call.result, call.size);
  std::string text;
  call.rows.for_each([&](size_t row) {
    text.clear();
    for (const ColumnPtr& argument : call.arguments)
      if (argument->valid(row)) text += argument->at<std::string_view>(row);
    out->set(row, out->keep(text));
  });
  return out;
}

}  // namespace

void register_concat(FunctionRegistry& registry) {
  registry.add({
      .name = "CONCAT",
      .group = "Strings",
      .help = "The arguments one after the other; nulls are skipped.",
      .example = {"CONCAT('mill', NULL, 'race')", "'millrace'"},
      .overloads = {{Signature("(VARCHAR...) -> VARCHAR"), concat}, {Signature("(BYTES...) -> BYTES"), concat}},
  });
}

}  // namespace millrace
