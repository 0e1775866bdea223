// What a name that is not known may have been meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

// The most similar of the candidates; empty where none is similar.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);
// ` (did you mean X?)` of that one, or nothing.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace millrace
