#include "planner/catalog.h"

#include "runtime/nearest_name.h"

namespace millrace {

const SourceDefinition* Catalog::find(std::string_view name) const {
  const auto found = sources_.find(name);
  return found == sources_.end() ? nullptr : &found->second;
}

SourceDefinition* Catalog::find(std::string_view name) {
  const auto found = sources_.find(name);
  return found == sources_.end() ? nullptr : &found->second;
}

void Catalog::add(SourceDefinition definition) {
  const std::string name = definition.source->name;
  sources_.insert_or_assign(name, std::move(definition));
}

void Catalog::remove(std::string_view name) {
  const auto found = sources_.find(name);
  if (found != sources_.end()) sources_.erase(found);
}

bool Catalog::remove_type(std::string_view name) {
  const auto found = types_.find(name);
  if (found == types_.end()) return false;
  types_.erase(found);
  return true;
}

std::string Catalog::did_you_mean(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [source, definition] : sources_) names.push_back(source);
  return millrace::did_you_mean(name, names);
}

}  // namespace millrace
