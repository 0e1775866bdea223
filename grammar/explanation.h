// What to say about a text that the grammar does not accept.
#pragma once

#include <vector>

#include "grammar/expectation.h"

namespace antlr4 {
class Token;
}

namespace millrace::syntax {

// `tokens` are all of the text, the last one its end; the parser stood at `here` before tokens[next].
SyntaxError explain(const std::vector<antlr4::Token*>& tokens, size_t next, Expectation here);

}  // namespace millrace::syntax
