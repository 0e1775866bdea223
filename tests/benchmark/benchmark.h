// The sub-commands of the program `benchmark`. Each prints its figures and returns the program's exit status.
#pragma once

#include <span>
#include <string_view>

namespace millrace {

int benchmark_decode(std::span<const std::string_view> arguments);

}  // namespace millrace
