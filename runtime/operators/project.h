// SELECT: computes the columns of the result.
#pragma once

#include "runtime/expression.h"
#include "runtime/operator.h"

namespace millrace {

// `keys[i]`: column i is part of the result's key, or something else that is known of a row without a value. Of such a
// row only these are computed, the others are null.
std::unique_ptr<Operator> make_project(std::vector<ExpressionPtr> columns, std::vector<bool> keys);

}  // namespace millrace
