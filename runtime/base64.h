// BYTES as text.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

// RFC 4648, padded.
void append_base64(std::string_view bytes, std::string& out);
// Replaces `out`; padding may be missing. False where the text is not base64.
bool parse_base64(std::string_view text, std::string& out);

}  // namespace millrace
