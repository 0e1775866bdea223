// What the parser's tests share: parse, or fail the test with the parser's words.
#pragma once

#include <gtest/gtest.h>

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

}  // namespace millrace::syntax
