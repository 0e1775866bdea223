// ${name}: text that stands for other text.
#pragma once

#include <map>
#include <string>

#include "grammar/source_text.h"

namespace millrace::syntax {

// Replaces every ${name} outside of comments by its value. DEFINE and UNDEFINE in the text hold from where they stand.
// Within quotes the value is text: its quotes are doubled. Elsewhere it must be one name, number or string, so that a
// value never adds a clause or a statement. $${name} stands for the characters ${name}.
// Refuses a variable that has no value.
void replace_variables(SourceText& source, const std::map<std::string, std::string>& variables);

}  // namespace millrace::syntax
