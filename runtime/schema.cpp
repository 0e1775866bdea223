#include "runtime/schema.h"

#include <fmt/format.h>

namespace millrace {

std::optional<size_t> Schema::find(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i)
    if (fields_[i].name == name) return i;
  return std::nullopt;
}

namespace {
std::vector<size_t> indexes(const std::vector<Field>& fields, bool key) {
  std::vector<size_t> found;
  for (size_t i = 0; i < fields.size(); ++i)
    if (fields[i].key == key) found.push_back(i);
  return found;
}
}  // namespace

std::vector<size_t> Schema::key_indexes() const { return indexes(fields_, true); }
std::vector<size_t> Schema::value_indexes() const { return indexes(fields_, false); }

std::string Schema::to_string(bool keys) const {
  std::string text;
  for (const Field& f : fields_)
    text +=
        fmt::format("{}`{}` {}{}", text.empty() ? "" : ", ", f.name, f.type.to_string(), f.key && keys ? " KEY" : "");
  return text;
}

}  // namespace millrace
