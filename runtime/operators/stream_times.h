// Stream time, as operators judge it.
#pragma once

#include <algorithm>
#include <vector>

#include "runtime/state/keyed_state.h"

namespace millrace {

// Stream time: per logical partition the newest event time seen so far, row by row. Survives in a container.
class StreamTimes {
 public:
  StreamTimes() : saved_({integer_type}, {bigint_type}) {}

  int64_t& operator[](int32_t partition) {
    restore();
    if (static_cast<size_t>(partition) >= times_.size()) times_.resize(static_cast<size_t>(partition) + 1, INT64_MIN);
    return times_[static_cast<size_t>(partition)];
  }
  size_t size() {
    restore();
    return times_.size();
  }
  int64_t at(int32_t partition) const {
    restore();
    return static_cast<size_t>(partition) < times_.size() ? times_[static_cast<size_t>(partition)] : INT64_MIN;
  }
  // Puts what changed in the step into the container.
  void save() {
    restore();
    written_.resize(times_.size(), INT64_MIN);
    for (size_t p = 0; p < times_.size(); ++p) {
      if (times_[p] == written_[p]) continue;
      auto key = std::make_shared<Column>(integer_type, 1);
      key->set(0, static_cast<int32_t>(p));
      std::vector<uint32_t> entries;
      saved_.upsert(std::vector<ColumnPtr>{key}, Selection(1), 1, entries);
      saved_.value(0).at<int64_t>(entries[0]) = times_[p];
      saved_.value(0).set_valid(entries[0], true);
      written_[p] = times_[p];
    }
  }
  StateContainer* container() { return &saved_; }

 private:
  void restore() const {
    if (restored_) return;
    restored_ = true;
    for (uint32_t entry : saved_.all()) {
      const auto partition = static_cast<size_t>(saved_.key(0).at<int32_t>(entry));
      if (partition >= times_.size()) times_.resize(partition + 1, INT64_MIN);
      times_[partition] = saved_.value(0).at<int64_t>(entry);
    }
    written_ = times_;
  }

  KeyedState saved_;
  mutable bool restored_ = false;
  mutable std::vector<int64_t> times_, written_;
};

// The logical partition of each row: the one it came from, or, where rows meet by another key than their partition's
// (`count` > 0), one of `count` by hash of these keys.
ColumnPtr logical_partitions(const Batch& batch, std::span<const ColumnPtr> keys, int32_t count);

}  // namespace millrace
