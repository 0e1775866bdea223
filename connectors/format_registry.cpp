#include "connectors/format_registry.h"

#include <absl/strings/ascii.h>

#include <algorithm>

#include "runtime/check.h"

namespace millrace {

void FormatRegistry::add(std::unique_ptr<Format> format) {
  MILLRACE_CHECK(find(format->name()) == nullptr);
  formats_.push_back(std::move(format));
}

const Format* FormatRegistry::find(std::string_view name) const {
  std::string upper(name);
  absl::AsciiStrToUpper(&upper);
  for (const auto& format : formats_)
    if (format->name() == upper) return format.get();
  return nullptr;
}

std::vector<std::string> FormatRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& format : formats_) names.emplace_back(format->name());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace millrace
