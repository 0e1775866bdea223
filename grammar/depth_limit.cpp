#include "grammar/depth_limit.h"

#include <algorithm>

#include "SqlParser.h"
#include "grammar/source_text.h"

namespace millrace::syntax {

using Type = antlr::SqlParser;

void DepthLimit::add(size_t type, Position position) {
  switch (type) {
    case Type::OPEN_BRACKET:
      operate(position);  // a subscript is a level of its own
      [[fallthrough]];
    case Type::OPEN:
    case Type::CASE:
    case Type::TYPE_OPEN:
      return open(type, position);
    case Type::CLOSE:
      return close(Type::OPEN, position);
    case Type::CLOSE_BRACKET:
      return close(Type::OPEN_BRACKET, position);
    case Type::END:
      return close(Type::CASE, position);
    case Type::GREATER:
      if (levels_.back().opened_by == Type::TYPE_OPEN) return pop(position);
      return operate(position);
    case Type::PLUS:
    case Type::MINUS:
    case Type::STAR:
    case Type::SLASH:
    case Type::PERCENT:
    case Type::CONCAT:
    case Type::EQUAL:
    case Type::NOT_EQUAL:
    case Type::LESS:
    case Type::LESS_EQUAL:
    case Type::GREATER_EQUAL:
    case Type::ARROW:
    case Type::LAMBDA:
    case Type::NOT:
    case Type::IS:
    case Type::IN:
    case Type::LIKE:
    case Type::BETWEEN:
      return operate(position);
    case Type::AND:
    case Type::OR:
      end_types(position);
      end_chain();
      return check(++levels_.back().logical, limits_.operators_max, "AND and OR in a row", position);
    case Type::SEMICOLON:
      levels_.assign(1, Level{});
      return;
    case Type::COMMA:
    case Type::SELECT:
    case Type::FROM:
    case Type::WHERE:
    case Type::GROUP:
    case Type::HAVING:
    case Type::JOIN:
    case Type::ON:
    case Type::WHEN:
    case Type::THEN:
    case Type::ELSE:
      end_chain();
      levels_.back().logical = 0;
      return;
    default:
      return;
  }
}

void DepthLimit::open(size_t type, Position position) {
  levels_.push_back({.opened_by = type});
  check(static_cast<int>(levels_.size()) - 1, limits_.nesting_max, "levels of parentheses, brackets and CASE",
        position);
}

// A `<` taken for the beginning of a type may have been a comparison: it ends with what is around it.
void DepthLimit::end_types(Position position) {
  while (levels_.back().opened_by == Type::TYPE_OPEN) pop(position);
}

// An end of nothing is left to the parser.
void DepthLimit::close(size_t opened_by, Position position) {
  end_types(position);
  if (levels_.back().opened_by == opened_by) pop(position);
}

void DepthLimit::pop(Position position) {
  end_chain();
  const Level& level = levels_.back();
  int depth = level.deepest + 3;  // a call or CASE, an OR, an AND
  levels_.pop_back();
  Level& around = levels_.back();
  around.operand = std::max(around.operand, depth);
  check(around.operators + around.operand, limits_.operators_max, "operators deep in one expression", position);
}

void DepthLimit::operate(Position position) {
  Level& level = levels_.back();
  check(++level.operators + level.operand, limits_.operators_max, "operators in one expression", position);
}

void DepthLimit::end_chain() {
  Level& level = levels_.back();
  level.deepest = std::max(level.deepest, level.operators + level.operand);
  level.operators = level.operand = 0;
}

void DepthLimit::check(int count, int limit, const char* what, Position position) const {
  if (count <= limit) return;
  refuse(SyntaxError::Kind::too_large, "more than " + std::to_string(limit) + " " + what, position);
}

}  // namespace millrace::syntax
