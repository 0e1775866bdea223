// Table functions in a SELECT: a row becomes as many as its arrays have elements.
#pragma once

#include "runtime/expression.h"
#include "runtime/operator.h"

namespace millrace {

struct ExplodeOptions {
  std::vector<ExpressionPtr> arrays;
  bool counts = true;  // its rows are source rows: they raise `used`, or `filtered` where nothing comes of them
};

// Output: the input's columns, then one for each array. The i-th row has the arrays' i-th elements, null where an array
// is shorter; a row whose arrays are all null or empty gives none.
std::unique_ptr<Operator> make_explode(ExplodeOptions options);

}  // namespace millrace
