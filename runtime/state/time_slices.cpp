#include "runtime/state/time_slices.h"

#include <algorithm>
#include <limits>

namespace millrace {

namespace {

std::vector<Type> with_start(std::vector<Type> keys) {
  keys.push_back(bigint_type);
  return keys;
}
std::vector<Type> with_own(std::vector<Type> values) {
  values.insert(values.begin(), {bigint_type, integer_type});
  return values;
}

}  // namespace

TimeSlices::TimeSlices(std::vector<Type> keys, std::vector<Type> values)
    : table_(with_start(std::move(keys)), with_own(std::move(values))) {}

void TimeSlices::upsert(std::span<const ColumnPtr> keys, const ColumnPtr& starts, const ColumnPtr& partitions,
                        Selection rows, size_t batch_rows, std::vector<uint32_t>& entries,
                        std::vector<uint32_t>* created_out) {
  std::vector<ColumnPtr> all(keys.begin(), keys.end());
  all.push_back(starts);
  std::vector<uint32_t> created;
  index_loaded();
  table_.upsert(all, rows, batch_rows, entries, &created);
  // The created entries come in the order of the rows that made them.
  size_t next = 0;
  for (size_t i = 0; i < rows.size() && next < created.size(); ++i) {
    if (entries[i] != created[next]) continue;
    const uint32_t entry = created[next++];
    const int32_t partition = partitions->at<int32_t>(rows[i]);
    table_.value(0).at<int64_t>(entry) = next_ordinal_++;
    table_.value(0).set_valid(entry, true);
    table_.value(1).at<int32_t>(entry) = partition;
    table_.value(1).set_valid(entry, true);
    slices_[{partition, starts->at<int64_t>(rows[i])}].push_back(entry);
  }
  if (created_out != nullptr) *created_out = std::move(created);
}

void TimeSlices::expire(int32_t partition, int64_t start, const SliceVisitor& each) {
  index_loaded();
  auto at = slices_.lower_bound({partition, std::numeric_limits<int64_t>::min()});
  while (at != slices_.end() && at->first.first == partition && at->first.second < start) {
    if (each) each(at->first.second, at->second);
    for (uint32_t entry : at->second) table_.erase(entry);
    at = slices_.erase(at);
  }
}

int64_t TimeSlices::oldest(int32_t partition, int64_t from) const {
  index_loaded();
  const auto at = slices_.lower_bound({partition, from});
  if (at == slices_.end() || at->first.first != partition) return std::numeric_limits<int64_t>::max();
  return at->first.second;
}

void TimeSlices::visit(int32_t partition, int64_t from, int64_t to, const SliceVisitor& each) const {
  index_loaded();
  for (auto at = slices_.lower_bound({partition, from});
       at != slices_.end() && at->first.first == partition && at->first.second < to; ++at)
    each(at->first.second, at->second);
}

std::vector<uint32_t> TimeSlices::find(std::span<const ColumnPtr> keys, size_t row) const {
  index_loaded();
  std::vector<int64_t> starts;
  for (const auto& [place, entries] : slices_) starts.push_back(place.second);
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  const std::vector<uint32_t> one{static_cast<uint32_t>(row)};
  std::vector<ColumnPtr> all;
  for (const ColumnPtr& key : keys) all.push_back(gather(key, one));
  all.push_back(nullptr);
  std::vector<uint32_t> found;
  for (int64_t start : starts) {
    auto column = std::make_shared<Column>(bigint_type, 1);
    column->set(0, start);
    all.back() = column;
    if (const auto entry = table_.find(all, 0)) found.push_back(*entry);
  }
  return found;
}

void TimeSlices::load(uint8_t bucket, bool image_start, std::string_view block) {
  table_.load(bucket, image_start, block);
  unindexed_ = true;
}

void TimeSlices::index_loaded() const {
  if (!unindexed_) return;
  unindexed_ = false;
  slices_.clear();
  next_ordinal_ = 0;
  auto ordinal = [this](uint32_t entry) { return table_.value(0).at<int64_t>(entry); };
  for (uint32_t entry : table_.all()) {
    slices_[{table_.value(1).at<int32_t>(entry), start().at<int64_t>(entry)}].push_back(entry);
    next_ordinal_ = std::max(next_ordinal_, ordinal(entry) + 1);
  }
  for (auto& [key, entries] : slices_)
    std::sort(entries.begin(), entries.end(), [&](uint32_t a, uint32_t b) { return ordinal(a) < ordinal(b); });
}

void TimeSlices::clear() {
  table_.clear();
  slices_.clear();
  next_ordinal_ = 0;
  unindexed_ = false;
}

size_t TimeSlices::bytes() const {
  size_t sum = table_.bytes();
  for (const auto& [key, entries] : slices_) sum += 64 + entries.capacity() * sizeof(uint32_t);
  return sum;
}

}  // namespace millrace
