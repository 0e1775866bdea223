// CAST and implicit widening.
#pragma once

#include "runtime/expression.h"

namespace millrace {

// Whether CAST(from AS to) is defined.
bool can_cast(const Type& from, const Type& to);
// A value that cannot be converted becomes null with RowErrorCode::failed_cast. The same type: the child itself.
ExpressionPtr make_cast(ExpressionPtr child, Type to);

}  // namespace millrace
