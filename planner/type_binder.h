// From a type as written to a Type.
#pragma once

#include "planner/context.h"

namespace millrace {

// Throws Error{type_unknown} or Error{type_mismatch} with the place.
Type bind_type(const syntax::TypeName& name, const Catalog& catalog);

}  // namespace millrace
