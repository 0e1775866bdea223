// Counts, token by token, how deep a parse and its tree can become.
#pragma once

#include <vector>

#include "grammar/parser.h"

namespace millrace::syntax {

// Nesting is what the parser recurses through; depth is that of the tree, of which operators are levels too:
// `a + b + c` is two deep, `NOT NOT a` as well. The count never says less than the tree has.
class DepthLimit {
 public:
  explicit DepthLimit(const ParserLimits& limits) : limits_(limits) {}

  // `type` is the lexer's type of the token. Refuses what goes beyond the limits.
  void add(size_t type, Position position);

 private:
  // What is between an opening bracket or CASE and its end, as far as it was read.
  struct Level {
    size_t opened_by = 0;
    int operators = 0;  // since the last comma, AND, OR or clause
    int operand = 0;    // the deepest bracket since then
    int deepest = 0;    // of what came before
    int logical = 0;    // ANDs and ORs since the last comma or clause
  };

  void open(size_t type, Position position);
  void close(size_t opened_by, Position position);
  void end_types(Position position);
  void pop(Position position);
  void operate(Position position);
  void end_chain();
  void check(int count, int limit, const char* what, Position position) const;

  ParserLimits limits_;
  std::vector<Level> levels_{Level{}};
};

}  // namespace millrace::syntax
