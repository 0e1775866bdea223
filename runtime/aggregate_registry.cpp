#include "runtime/aggregate_registry.h"

#include "runtime/check.h"

namespace millrace {

void AggregateRegistry::add(AggregateFunction function) {
  const std::string name = function.name;
  const bool fresh = functions_.emplace(name, std::move(function)).second;
  MILLRACE_CHECK(fresh);
}

const AggregateFunction* AggregateRegistry::find(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : &found->second;
}

}  // namespace millrace
