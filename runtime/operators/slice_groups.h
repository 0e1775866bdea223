// The slices of each group, in order of time: an index over the entries of TimeSlices, in memory only.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <map>
#include <vector>

#include "runtime/state/time_slices.h"

namespace millrace {

class SliceGroups {
 public:
  // `keys`: of the group, without the slice's start.
  SliceGroups(const TimeSlices& slices, size_t keys) : slices_(slices), keys_(keys) {}

  using Group = std::vector<uint32_t>;  // entries, by start

  // Entries that are new in the container, with the hash of their group's key.
  void add(uint32_t entry, uint64_t hash);
  // An entry that is about to go.
  void remove(uint32_t entry);
  const Group& group(uint32_t entry) const;
  // Calls each(group) for all groups, or those of the partition, in no order.
  template <class F>
  void for_each(F&& each) const {
    for (const auto& [partition, by_hash] : partitions_) for_each(partition, each);
  }
  template <class F>
  void for_each(int32_t partition, F&& each) const {
    const auto found = partitions_.find(partition);
    if (found == partitions_.end()) return;
    for (const auto& [hash, groups] : found->second)
      for (const Group& group : groups) each(group);
  }
  // Makes the index of what was loaded.
  void rebuild();
  size_t bytes() const { return hashes_.capacity() * sizeof(uint64_t); }

 private:
  using Groups = std::vector<Group>;  // those whose keys have one hash
  using Partition = absl::flat_hash_map<uint64_t, Groups>;

  bool same_key(uint32_t a, uint32_t b) const;
  int64_t start(uint32_t entry) const { return slices_.start().at<int64_t>(entry); }
  int32_t partition(uint32_t entry) const { return slices_.partition().at<int32_t>(entry); }

  const TimeSlices& slices_;
  size_t keys_;
  std::map<int32_t, Partition> partitions_;
  std::vector<uint64_t> hashes_;  // per entry
};

}  // namespace millrace
