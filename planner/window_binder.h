// The WINDOW clause as the lengths that an aggregation works with.
#pragma once

#include "grammar/statement.h"
#include "runtime/operators/aggregate.h"

namespace millrace {

// Throws Error with the place of the mistake.
AggregateWindow bind_window(const syntax::Window& window);

}  // namespace millrace
