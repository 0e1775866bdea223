#include "runtime/state/row_log.h"

#include <algorithm>
#include <limits>

namespace millrace {

namespace {

constexpr int64_t last_ordinal = std::numeric_limits<int64_t>::max();

std::vector<Type> with_ordinal(std::vector<Type> keys) {
  keys.push_back(bigint_type);
  return keys;
}
std::vector<Type> with_own(std::vector<Type> values) {
  values.insert(values.begin(), {bigint_type, integer_type});
  return values;
}

uint64_t hash_row(std::span<const ColumnPtr> keys, size_t row) {
  const std::vector<uint32_t> one{static_cast<uint32_t>(row)};
  uint64_t hash = 0;
  for (const ColumnPtr& key : keys) hash_values(*gather(key, one), std::span(&hash, 1));
  return hash;
}

}  // namespace

RowLog::RowLog(std::vector<Type> keys, std::vector<Type> values)
    : table_(with_ordinal(std::move(keys)), with_own(std::move(values))) {}

std::vector<uint32_t> RowLog::append(std::span<const ColumnPtr> keys, std::span<const ColumnPtr> values,
                                     const ColumnPtr& times, const ColumnPtr& partitions, Selection rows,
                                     size_t batch_rows) {
  index_loaded();
  std::vector<uint64_t> hashes(batch_rows, 0);
  for (const ColumnPtr& key : keys) hash_values(*key, hashes);
  auto ordinals = std::make_shared<Column>(bigint_type, batch_rows);
  rows.for_each([&](size_t row) { ordinals->set(row, next_ordinal_++); });
  std::vector<ColumnPtr> all(keys.begin(), keys.end());
  all.push_back(ordinals);
  std::vector<uint32_t> entries;
  table_.upsert(all, rows, batch_rows, entries);
  for (size_t i = 0; i < rows.size(); ++i) {
    table_.value(time_value).assign(entries[i], *times, rows[i]);
    table_.value(partition_value).assign(entries[i], *partitions, rows[i]);
    for (size_t v = 0; v < values.size(); ++v) table_.value(own_values + v).assign(entries[i], *values[v], rows[i]);
    index(entries[i], hashes[rows[i]]);
  }
  return entries;
}

std::vector<uint32_t> RowLog::find(std::span<const ColumnPtr> keys, size_t row, int64_t from, int64_t to) const {
  index_loaded();
  std::vector<uint32_t> found;
  const auto at = by_key_.find(hash_row(keys, row));
  if (at == by_key_.end() || from > to) return found;
  const auto end = at->second.upper_bound({to, last_ordinal});
  for (auto place = at->second.lower_bound({from, 0}); place != end; ++place) {
    bool same = true;
    for (size_t k = 0; k < keys.size() && same; ++k) same = table_.key(k).equals(place->second, *keys[k], row);
    if (same) found.push_back(place->second);
  }
  return found;
}

void RowLog::expire(int32_t partition, int64_t time, const RowVisitor& each) {
  index_loaded();
  const auto rows = by_time_.find(partition);
  if (rows == by_time_.end()) return;
  std::vector<uint32_t> passed;
  for (auto at = rows->second.begin(); at != rows->second.end() && at->first.first < time; ++at)
    passed.push_back(at->second);
  if (each && !passed.empty()) each(passed);
  for (const uint32_t row : passed) erase(row);
}

void RowLog::erase(uint32_t row) {
  index_loaded();
  unindex(row);
  table_.erase(row);
}

std::vector<uint32_t> RowLog::all() const {
  std::vector<uint32_t> rows = table_.all();
  std::sort(rows.begin(), rows.end(), [this](uint32_t a, uint32_t b) { return ordinal(a) < ordinal(b); });
  return rows;
}

uint64_t RowLog::key_hash(uint32_t row) const {
  const std::vector<uint32_t> one{row};
  uint64_t hash = 0;
  for (size_t k = 0; k + 1 < table_.key_count(); ++k) hash_values(*table_.key(k).read(one), std::span(&hash, 1));
  return hash;
}

void RowLog::index(uint32_t row, uint64_t hash) const {
  const Place place{time(row), ordinal(row)};
  by_key_[hash][place] = row;
  by_time_[partition(row)][place] = row;
}

void RowLog::unindex(uint32_t row) {
  const Place place{time(row), ordinal(row)};
  const auto key = by_key_.find(key_hash(row));
  key->second.erase(place);
  if (key->second.empty()) by_key_.erase(key);
  by_time_[partition(row)].erase(place);
}

void RowLog::load(uint8_t bucket, bool image_start, std::string_view block) {
  table_.load(bucket, image_start, block);
  unindexed_ = true;
}

// Loading leaves the indexes to be made again, once, before their next use.
void RowLog::index_loaded() const {
  if (!unindexed_) return;
  unindexed_ = false;
  by_key_.clear();
  by_time_.clear();
  next_ordinal_ = 0;
  for (const uint32_t row : table_.all()) {
    index(row, key_hash(row));
    next_ordinal_ = std::max(next_ordinal_, ordinal(row) + 1);
  }
}

void RowLog::clear() {
  table_.clear();
  by_key_.clear();
  by_time_.clear();
  next_ordinal_ = 0;
  unindexed_ = false;
}

size_t RowLog::bytes() const {
  constexpr size_t map_node = 64;
  return table_.bytes() + table_.entries() * 2 * map_node + by_key_.size() * sizeof(Rows);
}

}  // namespace millrace
