// Random expressions, as SQL and as functions of a row.
#pragma once

#include <functional>

#include "tests/differential/query_case.h"

namespace millrace::differential {

struct Expression {
  std::string sql;
  std::function<Value(const Values&)> value;
};

// Over these columns; INT, STRING and BOOLEAN only.
Expression random_expression(ValueType type, const std::vector<ColumnSpec>& columns, int depth, Random& random);

// Whether the predicate is true, not false nor null.
inline bool passes(const Expression& predicate, const Values& row) {
  const Value verdict = predicate.value(row);
  return !is_null(verdict) && std::get<bool>(verdict);
}

}  // namespace millrace::differential
