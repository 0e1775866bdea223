// Any bytes: the parser answers with statements or with a complete error, and expressions survive being formatted.
// LINK grammar
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "grammar/format.h"
#include "grammar/parser.h"

namespace millrace::syntax {
namespace {

void require(bool holds, const char* law, const std::string& about) {
  if (holds) return;
  std::cerr << "broken: " << law << "\n" << about << std::endl;
  std::abort();
}

void check_error(const SyntaxError& error) {
  require(!error.message.empty(), "an error has a message", "");
  require(error.position.line > 0 && error.position.column > 0, "an error has a place", error.message);
  require(error.token.size() < 200 && error.message.size() < 1'000, "an error is short", error.message);
}

// Parentheses that formatting adds may pass the limit of nesting; nothing else may be refused.
void check_expression(const Expression& expression) {
  std::string formatted = format_expression(expression);
  auto again = parse_expression(formatted);
  if (const auto* error = std::get_if<SyntaxError>(&again)) {
    require(error->kind == SyntaxError::Kind::too_large, "a formatted expression parses",
            formatted + "\n" + error->message);
    return;
  }
  require(format_expression(*std::get<0>(again)) == formatted, "formatting changes nothing", formatted);
}

void check_query(const Query& query) {
  for (const SelectItem& item : query.items) {
    if (item.expression) check_expression(*item.expression);
  }
  if (query.where) check_expression(*query.where);
  if (query.having) check_expression(*query.having);
  for (const Join& join : query.joins) check_expression(*join.on);
}

void check_statement(const Statement& statement) {
  require(statement.position.line > 0, "a statement has a place", statement.text);
  require(!statement.text.empty(), "a statement has its text", "");
  if (const auto* select = std::get_if<Select>(&statement.body)) check_query(select->query);
  if (const auto* create = std::get_if<CreateAsSelect>(&statement.body)) check_query(create->query);
  if (const auto* insert = std::get_if<InsertSelect>(&statement.body)) check_query(insert->query);
}

}  // namespace
}  // namespace millrace::syntax

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace millrace::syntax;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto parsed = parse_statements(text, {}, {{"name", "flights"}, {"text", "it's `\""}, {"number", "-1.5"}});
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    check_error(*error);
  } else {
    for (const Statement& statement : std::get<0>(parsed)) check_statement(statement);
  }
  return 0;
}
