// What the expression nodes share.
#pragma once

#include <fmt/format.h>

#include "runtime/expression.h"

namespace millrace {

// A node that can be made again over other children, which is all that substitute() needs.
class Node : public Expression {
 public:
  using Expression::Expression;
  virtual ExpressionPtr with_children(std::vector<ExpressionPtr> children) const = 0;
};

// "(a, b, c)" of expressions.
inline std::string join_texts(const std::vector<ExpressionPtr>& list, std::string_view separator) {
  std::string text;
  for (const auto& e : list) {
    if (!text.empty()) text += separator;
    text += e->to_string();
  }
  return text;
}

// Whether a result may be computed once for all rows.
inline bool all_constant(std::initializer_list<const Column*> columns) {
  for (const Column* c : columns)
    if (!c->is_constant()) return false;
  return true;
}

// A result column for `batch_rows` rows, constant where the inputs are, and the rows to compute in it.
struct ResultColumn {
  std::shared_ptr<Column> column;
  Selection rows;

  ResultColumn(const Type& type, size_t batch_rows, Selection wanted, bool constant)
      : column(constant ? Column::constant(type, batch_rows) : std::make_shared<Column>(type, batch_rows)),
        rows(constant ? Selection(wanted.size() == 0 ? 0 : 1) : wanted) {}
};

}  // namespace millrace
