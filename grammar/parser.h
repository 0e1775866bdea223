// From text to statements.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "grammar/statement.h"

namespace millrace::syntax {

// What is wrong with a text, in words a person knows.
struct SyntaxError {
  enum class Kind {
    unexpected,  // a token where another belongs
    too_large,   // more bytes, tokens or nesting than the limits allow
    invalid,     // a token that cannot be: an open string, invalid UTF-8, an interval of no unit
    undefined_variable,
    unsupported,  // what other databases have
  };
  Kind kind = Kind::unexpected;
  std::string message;  // ends without a full stop
  Position position;
  std::string token;       // the offending text, or empty at the end of the input
  std::string expected;    // "a column name or *"; empty where nothing short can be said
  std::string suggestion;  // the nearest keyword, or empty
};

struct ParserLimits {
  size_t bytes_max = 1 << 20;
  size_t tokens_max = 200'000;
  int nesting_max = 200;      // parentheses, brackets, angle brackets, CASE
  int operators_max = 2'000;  // prefix operators in a row, and operands of one chain of AND, OR, + …
};

// Parses a text of statements that end with `;` (the last one may do without). Text that passes the limits costs linear
// time and stack; it is safe to call from any thread. ${name} is replaced by `variables` before anything else is read.
std::variant<std::vector<Statement>, SyntaxError> parse_statements(
    std::string_view text, const ParserLimits& limits = {}, const std::map<std::string, std::string>& variables = {});

// The same for one expression, for tests and tools.
std::variant<ExpressionPtr, SyntaxError> parse_expression(std::string_view text, const ParserLimits& limits = {});

}  // namespace millrace::syntax
