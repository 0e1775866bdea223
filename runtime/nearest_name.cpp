#include "runtime/nearest_name.h"

#include <absl/strings/match.h>

#include <algorithm>
#include <numeric>

namespace millrace {

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

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t nearest_distance = name.size() < 5 ? 2 : name.size() / 3 + 1;
  for (const std::string& candidate : candidates) {
    if (absl::EqualsIgnoreCase({name.data(), name.size()}, candidate)) return candidate;
    const size_t longer = std::max(name.size(), candidate.size());
    // Also what keeps a name of a million letters from being compared.
    if (longer - std::min(name.size(), candidate.size()) >= nearest_distance) continue;
    const size_t distance = edit_distance(name, candidate);
    if (distance >= nearest_distance) continue;
    nearest_distance = distance;
    nearest = candidate;
  }
  return nearest;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? std::string() : " (did you mean " + nearest + "?)";
}

}  // namespace millrace
