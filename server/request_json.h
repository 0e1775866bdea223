// JSON as requests bring it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace millrace {

// Discarded where it is malformed. What nests deeper than any request needs is left out: a value costs a hundred times
// the byte that says it.
nlohmann::json parse_request_json(std::string_view text);

}  // namespace millrace
