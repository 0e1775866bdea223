// The formats that there are. Each file of connectors/formats adds one.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "runtime/format.h"

namespace millrace {

// Filled once at the start, then read from any thread.
class FormatRegistry final : public FormatDirectory {
 public:
  // No two formats have the same name.
  void add(std::unique_ptr<Format> format);

  const Format* find(std::string_view name) const override;
  std::vector<std::string> names() const override;  // sorted

 private:
  std::vector<std::unique_ptr<Format>> formats_;
};

// Adds every format of connectors/formats; written by the build.
void register_all_formats(FormatRegistry& registry);

}  // namespace millrace
