// Bytes that should be text.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

bool is_utf8(std::string_view bytes);
// The beginning of some bytes for a message: at most 100 of them, "…" where there are more, control characters as
// spaces,
// "?" for what is not UTF-8.
std::string excerpt(std::string_view bytes);

}  // namespace millrace
