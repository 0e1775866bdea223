// Which records of the state topic are still needed, and which buckets want an image.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/state_topic.h"

namespace millrace {

// Not synchronised.
class StateLedger {
 public:
  // A bucket whose oldest needed record lies more than this many bytes back gets an image.
  explicit StateLedger(int64_t slack_bytes) : slack_bytes_(slack_bytes) {}

  // A record that was committed, or found at recovery, in order of offsets.
  void record(const StateRecord& record, int64_t offset, size_t bytes);
  void forget(std::string_view query);
  std::vector<std::string> queries() const;
  // Per container, the buckets whose next change must be an image.
  std::vector<uint64_t> images_wanted(std::string_view query) const;
  // Queries that hold back old records and must write a step although nothing changed.
  std::vector<std::string> holding_back() const;
  // Nothing below is needed.
  int64_t oldest_needed(int64_t end) const;

 private:
  struct Bucket {
    int64_t offset = -1;  // of the first record needed; < 0: none
    int64_t at_bytes = 0;
    int64_t image_bytes = 0, delta_bytes = 0;
  };
  struct Query {
    int64_t progress_offset = -1;
    int64_t progress_at_bytes = 0;
    std::vector<std::array<Bucket, bucket_count>> containers;
  };

  bool held_back(int64_t at_bytes) const { return bytes_ - at_bytes > slack_bytes_; }
  bool wants_image(const Bucket& bucket) const;

  int64_t slack_bytes_;
  int64_t bytes_ = 0;  // of all records so far
  std::map<std::string, Query, std::less<>> queries_;
  std::map<uint64_t, int64_t> covers_;  // source → offset of its newest cover
};

}  // namespace millrace
