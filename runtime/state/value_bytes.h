// Values of any type as bytes: how state keeps nested ones, and the lists of values that some aggregates are.
#pragma once

#include <string>

#include "runtime/column.h"
#include "runtime/state/state_bytes.h"

namespace millrace {

// Appends the value of one row, null included. Equal values give equal bytes, but for 0.0 and -0.0, which differ, and
// for maps, whose entries stand as they came.
void append_value_bytes(const Column& column, size_t row, std::string& out);
// Appends one row, what append_value_bytes() wrote, to `out`, which copies text. Throws Error{state_unreadable}.
void read_value_bytes(StateReader& in, Column& out);

}  // namespace millrace
