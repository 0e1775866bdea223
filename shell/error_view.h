// Mistakes as people see them.
#pragma once

#include <string>
#include <string_view>

#include "shell/statement_splitter.h"
#include "shell/terminal.h"

namespace millrace::shell {

// What the server says is wrong, as JSON, in lines: the message, and where there is one the line of the
// statement with a caret under the place; of a line that is wider than the terminal, the part around it. `source` names
// where the statement was read, or is empty.
std::string error_text(std::string_view error, const StatementText& statement, std::string_view source,
                       const Terminal& terminal);

}  // namespace millrace::shell
