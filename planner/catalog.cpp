#include "planner/catalog.h"

#include <algorithm>
#include <numeric>

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

namespace {

// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = name.size() < 5 ? 2 : name.size() / 3 + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

}  // namespace

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string best = nearest(name, candidates);
  return best.empty() ? std::string() : " (did you mean " + best + "?)";
}

std::string Catalog::did_you_mean(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [source, definition] : sources_) names.push_back(source);
  return millrace::did_you_mean(name, names);
}

}  // namespace millrace
