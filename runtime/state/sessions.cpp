#include "runtime/state/sessions.h"

#include <algorithm>
#include <limits>

namespace millrace {

namespace {

std::vector<Type> with_number(std::vector<Type> keys) {
  keys.push_back(bigint_type);
  return keys;
}
std::vector<Type> with_own(std::vector<Type> values) {
  values.insert(values.begin(), {bigint_type, bigint_type, integer_type});
  return values;
}

}  // namespace

Sessions::Sessions(std::vector<Type> keys, std::vector<Type> values)
    : table_(with_number(std::move(keys)), with_own(std::move(values))) {}

std::vector<uint64_t> Sessions::hash_keys(std::span<const ColumnPtr> keys, size_t batch_rows) {
  std::vector<uint64_t> hashes(batch_rows, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, hashes);
  return hashes;
}

void Sessions::find(std::span<const ColumnPtr> keys, size_t row, uint64_t hash, int64_t from, int64_t to,
                    std::vector<uint32_t>& found) const {
  index_loaded();
  found.clear();
  const auto at = by_key_.find(hash);
  if (at == by_key_.end()) return;
  for (const uint32_t entry : at->second) {
    if (end(entry) < from || start(entry) > to) continue;
    bool same = true;
    for (size_t k = 0; k < keys.size() && same; ++k) same = table_.key(k).equals(entry, *keys[k], row);
    if (same) found.push_back(entry);
  }
  std::sort(found.begin(), found.end(), [this](uint32_t a, uint32_t b) { return end(a) < end(b); });
}

std::vector<uint32_t> Sessions::find(std::span<const ColumnPtr> keys, size_t row) const {
  std::vector<uint32_t> found;
  find(keys, row, hash_keys(keys, row + 1)[row], std::numeric_limits<int64_t>::min(),
       std::numeric_limits<int64_t>::max(), found);
  return found;
}

uint32_t Sessions::add(std::span<const ColumnPtr> keys, size_t row, uint64_t hash, int32_t partition, int64_t time) {
  index_loaded();
  const std::vector<uint32_t> one{static_cast<uint32_t>(row)};
  std::vector<ColumnPtr> all;
  for (const ColumnPtr& key : keys) all.push_back(gather(key, one));
  auto number = std::make_shared<Column>(bigint_type, 1);
  number->set(0, next_number_++);
  all.push_back(std::move(number));
  std::vector<uint32_t> entries;
  table_.upsert(all, Selection(1), 1, entries);
  const uint32_t entry = entries[0];
  table_.value(start_value).at<int64_t>(entry) = time;
  table_.value(end_value).at<int64_t>(entry) = time;
  table_.value(partition_value).at<int32_t>(entry) = partition;
  for (size_t i = 0; i < own_values; ++i) table_.value(i).set_valid(entry, true);
  index(entry, hash);
  return entry;
}

void Sessions::extend(uint32_t entry, int64_t start, int64_t end) {
  table_.value(start_value).at<int64_t>(entry) = start;
  table_.value(end_value).at<int64_t>(entry) = end;
  table_.touch(entry);
}

void Sessions::erase(uint32_t entry) {
  index_loaded();
  by_end_[partition(entry)].erase({placed_[entry], entry});
  const auto at = by_key_.find(hashes_[entry]);
  std::erase(at->second, entry);
  if (at->second.empty()) by_key_.erase(at);
  table_.erase(entry);
}

std::vector<uint32_t> Sessions::ended(int32_t partition, int64_t from, int64_t to) {
  index_loaded();
  auto& places = by_end_[partition];
  std::vector<Place> moved;
  for (auto at = places.begin(); at != places.end() && at->first < to;) {
    if (end(at->second) == at->first) {
      ++at;
    } else {
      moved.emplace_back(end(at->second), at->second);
      at = places.erase(at);
    }
  }
  for (const Place& place : moved) {
    placed_[place.second] = place.first;
    places.insert(place);
  }
  std::vector<uint32_t> found;
  for (auto at = places.lower_bound({from, 0}); at != places.end() && at->first < to; ++at) found.push_back(at->second);
  return found;
}

void Sessions::expire(int32_t partition, int64_t to) {
  for (const uint32_t entry : ended(partition, std::numeric_limits<int64_t>::min(), to)) erase(entry);
}

void Sessions::index(uint32_t entry, uint64_t hash) const {
  by_key_[hash].push_back(entry);
  if (entry >= hashes_.size()) {
    hashes_.resize(std::max<size_t>(entry + 1, hashes_.size() * 2));
    placed_.resize(hashes_.size());
  }
  hashes_[entry] = hash;
  placed_[entry] = end(entry);
  by_end_[partition(entry)].insert({end(entry), entry});
}

void Sessions::load(uint8_t bucket, bool image_start, std::string_view block) {
  table_.load(bucket, image_start, block);
  unindexed_ = true;
}

// Loading leaves the indexes to be made again, once, before their next use.
void Sessions::index_loaded() const {
  if (!unindexed_) return;
  unindexed_ = false;
  by_key_.clear();
  by_end_.clear();
  next_number_ = 0;
  const std::vector<uint32_t> all = table_.all();
  std::vector<ColumnPtr> keys;
  for (size_t k = 0; k < key_count(); ++k) keys.push_back(table_.key(k).read(all));
  const std::vector<uint64_t> hashes = hash_keys(keys, all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    index(all[i], hashes[i]);
    next_number_ = std::max(next_number_, table_.key(key_count()).at<int64_t>(all[i]) + 1);
  }
}

void Sessions::clear() {
  table_.clear();
  by_key_.clear();
  by_end_.clear();
  next_number_ = 0;
  unindexed_ = false;
}

size_t Sessions::bytes() const {
  constexpr size_t node = 64;
  return table_.bytes() + table_.entries() * 2 * node + (hashes_.capacity() + placed_.capacity()) * sizeof(int64_t);
}

}  // namespace millrace
