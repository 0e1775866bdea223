#include "runtime/operators/slice_groups.h"

#include <algorithm>

namespace millrace {

bool SliceGroups::same_key(uint32_t a, uint32_t b) const {
  for (size_t k = 0; k < keys_; ++k)
    if (slices_.key(k).compare(a, b) != 0) return false;
  return true;
}

void SliceGroups::add(uint32_t entry, uint64_t hash) {
  if (entry >= hashes_.size()) hashes_.resize(std::max<size_t>(entry + 1, hashes_.size() * 2));
  hashes_[entry] = hash;
  Groups& groups = partitions_[partition(entry)][hash];
  auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return same_key(g[0], entry); });
  if (group == groups.end()) group = groups.insert(group, Group());
  const auto at = std::upper_bound(group->begin(), group->end(), start(entry),
                                   [this](int64_t time, uint32_t e) { return time < start(e); });
  group->insert(at, entry);
}

void SliceGroups::remove(uint32_t entry) {
  Partition& partition_groups = partitions_[partition(entry)];
  const auto found = partition_groups.find(hashes_[entry]);
  Groups& groups = found->second;
  const auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return same_key(g[0], entry); });
  group->erase(std::find(group->begin(), group->end(), entry));
  if (group->empty()) groups.erase(group);
  if (groups.empty()) partition_groups.erase(found);
}

const SliceGroups::Group& SliceGroups::group(uint32_t entry) const {
  const Groups& groups = partitions_.at(partition(entry)).at(hashes_[entry]);
  return *std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return same_key(g[0], entry); });
}

void SliceGroups::rebuild() {
  partitions_.clear();
  const std::vector<uint32_t> all = slices_.all();
  std::vector<uint64_t> hashes(all.size(), 0);
  for (size_t k = 0; k < keys_; ++k) hash_values(*slices_.key(k).read(all), hashes);
  for (size_t i = 0; i < all.size(); ++i) add(all[i], hashes[i]);
}

}  // namespace millrace
