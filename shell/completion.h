// What may stand where the cursor is: words of the language, names that the server knows, files.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/server_names.h"

namespace millrace::shell {

struct Completion {
  std::string typed;                    // the part before the cursor that a candidate takes the place of
  std::vector<std::string> candidates;  // sorted, each once
};

// Where names come from.
struct NameSource {
  std::function<const std::vector<std::string>&(NameKind)> names;
  std::function<const std::vector<std::string>&(const std::string& source)> columns;
};

// `before` and `after` the cursor: the statement as far as it is written, from its beginning.
Completion complete(std::string_view before, std::string_view after, const NameSource& server);

// What all candidates begin with, whatever the case of their letters.
std::string common_beginning(const std::vector<std::string>& candidates);

}  // namespace millrace::shell
