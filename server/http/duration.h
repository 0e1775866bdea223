// Times as clients write them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace millrace {

// "200ms", "2s", "500": milliseconds; numbers up to 1,000,000,000. Absent: none of these.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace millrace
