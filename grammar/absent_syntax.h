// What people know from other databases, and this language does not have. Looked at only once a text is known to be
// wrong, so that no word of it is reserved.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace antlr4 {
class Token;
}

namespace millrace::syntax {

struct AbsentSyntax {
  size_t begin;         // the first token of it
  std::string message;  // what is not supported, and what there is instead
};

// Where it stands at tokens[wrong], the one that the grammar does not accept.
std::optional<AbsentSyntax> find_absent_syntax(const std::vector<antlr4::Token*>& tokens, size_t wrong);

}  // namespace millrace::syntax
