// The rules of the house that a machine can check, over one file at a time.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::testing {

// Which folders each folder may include, itself not named.
const std::map<std::string, std::set<std::string>, std::less<>>& allowed_includes();

// Each gives what is wrong, as "PATH:LINE: …"; paths begin at the root of the project.
using Complaints = std::vector<std::string>;
Complaints check_includes(const std::string& path, std::string_view text);
Complaints check_pragma_once(const std::string& path, std::string_view text);
Complaints check_type_names(const std::string& path, std::string_view text);
Complaints check_length(const std::string& path, std::string_view text);
Complaints check_folder_names(const std::string& path, std::string_view text);

}  // namespace millrace::testing
