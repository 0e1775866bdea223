// WHERE, and HAVING where rows are never taken back.
#pragma once

#include "runtime/expression.h"
#include "runtime/operator.h"

namespace millrace {

// Passes the rows for which the predicate is true. `counts`: the others are source rows and raise `filtered`; rows
// without a value are among them.
std::unique_ptr<Operator> make_filter(ExpressionPtr predicate, bool counts);

}  // namespace millrace
