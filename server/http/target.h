// The target of a request line: "/v1/streams/a%20b?limit=3".
#pragma once

#include <string_view>

#include "server/http/request.h"

namespace millrace {

// Sets path and query. False: not a path, or a percent sign that two hexadecimal digits do not follow. The absolute
// form
// ("http://host/path") is taken for its path.
bool parse_target(std::string_view target, Request& request);

}  // namespace millrace
