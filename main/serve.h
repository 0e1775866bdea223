// millrace serve
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct ServeArguments {
  std::optional<std::string> config;
  // Options of the configuration with the words of the command line that set them, in order.
  struct Setting {
    std::string name, value, origin;
  };
  std::vector<Setting> settings;
  bool print_config = false;
};

// The exit status.
int serve(const ServeArguments& arguments);

}  // namespace millrace
