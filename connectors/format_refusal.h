// Why a format cannot hold some fields, in the base language's words.
#pragma once

#include <string>
#include <string_view>

#include "runtime/format.h"

namespace millrace {

std::string unsupported_type(std::string_view format, const Field& field);
std::string unsupported_wrapping(std::string_view format, bool wrap_single);

}  // namespace millrace
