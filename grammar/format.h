// From the tree back to SQL, for the names of columns, for messages and for DESCRIBE.
#pragma once

#include <string>
#include <string_view>

#include "grammar/statement.h"

namespace millrace::syntax {

// SQL that parses to the same expression, positions aside, with no more parentheses than it takes.
std::string format_expression(const Expression& expression);

std::string format_type(const TypeName& type);

// The name as SQL needs it: in back-ticks where it would otherwise be read as something else.
std::string quote_name(std::string_view name);

}  // namespace millrace::syntax
