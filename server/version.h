#pragma once

#include <string_view>

namespace millrace {

// "0.1.0"
std::string_view version();

}  // namespace millrace
