// What the parser's tests share: parse, or fail the test with the parser's words.
#pragma once

#include <gtest/gtest.h>

#include "grammar/format.h"
#include "grammar/parser.h"

namespace millrace::syntax {

inline std::vector<Statement> parse_all(const std::string& text) {
  auto parsed = parse_statements(text);
  if (auto* error = std::get_if<SyntaxError>(&parsed)) {
    ADD_FAILURE() << text << "\n" << error->position.line << ":" << error->position.column << " " << error->message;
    return {};
  }
  return std::move(std::get<0>(parsed));
}

// The only statement of the text, which must be a T. A failed test goes on with an empty one.
template <typename T>
T parse_one(const std::string& text) {
  std::vector<Statement> statements = parse_all(text);
  EXPECT_EQ(statements.size(), 1u) << text;
  if (statements.size() != 1) return {};
  T* body = std::get_if<T>(&statements.front().body);
  EXPECT_NE(body, nullptr) << text << " is another statement";
  return body != nullptr ? std::move(*body) : T{};
}

inline SyntaxError error_of(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  auto parsed = parse_statements(text, {}, variables);
  auto* error = std::get_if<SyntaxError>(&parsed);
  EXPECT_NE(error, nullptr) << text << " is accepted";
  return error != nullptr ? *error : SyntaxError{};
}

inline std::string at(const SyntaxError& error) {
  return std::to_string(error.position.line) + ":" + std::to_string(error.position.column);
}

inline ExpressionPtr parse(const std::string& text) {
  auto parsed = parse_expression(text);
  if (auto* error = std::get_if<SyntaxError>(&parsed)) {
    ADD_FAILURE() << text << "\n" << at(*error) << " " << error->message;
    auto empty = std::make_unique<Expression>();
    empty->text = "not parsed";
    return empty;
  }
  return std::move(std::get<0>(parsed));
}

// All of the tree but positions: (+ A (* B 2)). Two trees with one shape are equal.
inline std::string shape(const Expression& expression) {
  static const char* const kinds[] = {"null",    "boolean", "integer", "decimal", "double", "string",  "column",
                                      "star",    "-",       "",        "",        "and",    "or",      "not",
                                      "is_null", "between", "in",      "like",    "case",   "case_of", "cast",
                                      "call",    "[]",      "->",      "array",   "map",    "struct",  "lambda"};
  std::string text = kinds[static_cast<size_t>(expression.kind)];
  auto add = [&](const std::string& part) { text += (text.empty() ? "" : " ") + part; };
  if (expression.negated) add("not");
  if (!expression.qualifier.empty()) add(expression.qualifier + ".");
  if (!expression.text.empty()) add(expression.text);
  for (const Name& name : expression.names) add(":" + name.text);
  if (expression.type) add(format_type(*expression.type));
  bool leaf = expression.children.empty();
  bool named_leaf = expression.kind == Expression::Kind::column || expression.kind == Expression::Kind::integer_literal;
  if (leaf && named_leaf && expression.qualifier.empty()) return expression.text;
  for (const ExpressionPtr& child : expression.children) add(shape(*child));
  return "(" + text + ")";
}

inline std::string shape(const std::string& text) { return shape(*parse(text)); }

}  // namespace millrace::syntax
