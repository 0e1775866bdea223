#include "runtime/state_ledger.h"

#include <algorithm>

namespace millrace {

namespace {
// Below this a bucket's deltas are not worth an image.
constexpr int64_t delta_bytes_min = 64 * 1024;
}  // namespace

void StateLedger::record(const StateRecord& record, int64_t offset, size_t bytes) {
  const int64_t at = bytes_;
  bytes_ += static_cast<int64_t>(bytes);
  switch (record.kind) {
    case StateRecord::Kind::cover:
      covers_[record.source] = offset;
      return;
    case StateRecord::Kind::ended:
      forget(record.query);
      return;
    case StateRecord::Kind::progress: {
      Query& query = queries_[std::string(record.query)];
      query.progress_offset = offset;
      query.progress_at_bytes = at;
      return;
    }
    case StateRecord::Kind::block:
      break;
  }
  Query& query = queries_[std::string(record.query)];
  if (record.container >= query.containers.size()) query.containers.resize(record.container + size_t{1});
  Bucket& bucket = query.containers[record.container][record.bucket % bucket_count];
  if (record.image_start || bucket.offset < 0) {
    bucket = Bucket{};
    bucket.offset = offset;
    bucket.at_bytes = at;
  }
  (record.image ? bucket.image_bytes : bucket.delta_bytes) += static_cast<int64_t>(bytes);
}

void StateLedger::forget(std::string_view query) {
  const auto found = queries_.find(query);
  if (found != queries_.end()) queries_.erase(found);
}

std::vector<std::string> StateLedger::queries() const {
  std::vector<std::string> names;
  for (const auto& [name, query] : queries_) names.push_back(name);
  return names;
}

bool StateLedger::wants_image(const Bucket& bucket) const {
  if (bucket.offset < 0) return false;
  return bucket.delta_bytes > std::max(delta_bytes_min, bucket.image_bytes) || held_back(bucket.at_bytes);
}

std::vector<uint64_t> StateLedger::images_wanted(std::string_view query) const {
  std::vector<uint64_t> wanted;
  const auto found = queries_.find(query);
  if (found == queries_.end()) return wanted;
  for (const auto& container : found->second.containers) {
    uint64_t mask = 0;
    for (size_t b = 0; b < container.size(); ++b)
      if (wants_image(container[b])) mask |= uint64_t{1} << b;
    wanted.push_back(mask);
  }
  return wanted;
}

std::vector<std::string> StateLedger::holding_back() const {
  std::vector<std::string> names;
  for (const auto& [name, query] : queries_) {
    bool holds = query.progress_offset >= 0 && held_back(query.progress_at_bytes);
    for (const auto& container : query.containers)
      for (const Bucket& bucket : container) holds = holds || (bucket.offset >= 0 && held_back(bucket.at_bytes));
    if (holds) names.push_back(name);
  }
  return names;
}

int64_t StateLedger::oldest_needed(int64_t end) const {
  int64_t oldest = end;
  for (const auto& [source, offset] : covers_) oldest = std::min(oldest, offset);
  for (const auto& [name, query] : queries_) {
    if (query.progress_offset >= 0) oldest = std::min(oldest, query.progress_offset);
    for (const auto& container : query.containers)
      for (const Bucket& bucket : container)
        if (bucket.offset >= 0) oldest = std::min(oldest, bucket.offset);
  }
  return oldest;
}

}  // namespace millrace
