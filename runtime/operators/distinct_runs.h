// Cutting a batch into runs in which nothing comes twice.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/batch.h"

namespace millrace {

// Working through a whole run at once gives what row by row would, where rows of different entries do not meet.
class DistinctRuns {
 public:
  // Calls each(begin, end) for every run of `entries`, in order.
  template <class F>
  void split(std::span<const uint32_t> entries, F&& each) {
    size_t begin = 0;
    while (begin < entries.size()) {
      ++run_;
      size_t end = begin;
      for (; end < entries.size(); ++end) {
        const uint32_t entry = entries[end];
        if (entry >= last_.size()) last_.resize(std::max<size_t>(entry + 1, last_.size() * 2), 0);
        if (last_[entry] == run_) break;
        last_[entry] = run_;
      }
      each(begin, end);
      begin = end;
    }
  }

 private:
  std::vector<uint64_t> last_;  // per entry, the run that had it last
  uint64_t run_ = 0;
};

// The rows of which no key is null.
inline std::vector<uint32_t> rows_without_null(const Batch& batch, std::span<const ColumnPtr> keys) {
  std::vector<uint32_t> rows;
  rows.reserve(batch.rows);
  for (uint32_t row = 0; row < batch.rows; ++row) {
    bool whole = true;
    for (const ColumnPtr& key : keys) whole = whole && key->valid(row);
    if (whole) rows.push_back(row);
  }
  return rows;
}

}  // namespace millrace
