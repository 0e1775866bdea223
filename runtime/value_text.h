// One value as a SQL literal, for plans and messages.
#pragma once

#include <string>

#include "runtime/column.h"

namespace millrace {

std::string sql_literal(const Column& column, size_t row);

}  // namespace millrace
