#include "runtime/function_registry.h"
#include "runtime/unicode.h"

namespace millrace {

namespace {

void append_parts(Column& out, std::string_view whole, std::string_view delimiter, bool characters) {
  if (delimiter.empty()) {
    if (whole.empty()) out.append(whole);
    for (size_t i = 0; i < whole.size();) {
      const size_t size = characters ? character_bytes(whole[i]) : 1;
      out.append(whole.substr(i, size));
      i += size;
    }
    return;
  }
  for (size_t at; (at = whole.find(delimiter)) != std::string_view::npos; whole.remove_prefix(at + delimiter.size()))
    out.append(whole.substr(0, at));
  out.append(whole);
}

std::shared_ptr<Column> split(const FunctionCall& call) {
  auto out = std::make_shared<Column>(call.result, 0);
  const bool characters = call.result.element().is(TypeKind::varchar);
  call.rows.for_each([&](size_t row) {
    while (out->size() < row) out->append_null();
    if (!call.arguments[0]->valid(row) || !call.arguments[1]->valid(row)) return out->append_null();
    append_parts(out->child(0), call.arguments[0]->at<std::string_view>(row),
                 call.arguments[1]->at<std::string_view>(row), characters);
    out->append_nested();
  });
  while (out->size() < call.size) out->append_null();
  for (const ColumnPtr& argument : call.arguments) out->child(0).pin(argument);
  return out;
}

}  // namespace

void register_split(FunctionRegistry& registry) {
  registry.add({.name = "SPLIT",
                .group = "Strings",
                .help = "The parts of a text, or of bytes, between the delimiters; without a delimiter its characters.",
                .example = {"SPLIT('a.b..c', '.')", "ARRAY['a', 'b', '', 'c']"},
                .overloads = {{Signature("(VARCHAR, VARCHAR) -> ARRAY<VARCHAR>"), split},
                              {Signature("(BYTES, BYTES) -> ARRAY<BYTES>"), split}}});
}

}  // namespace millrace
