#include "runtime/record_block.h"

#include <utility>

namespace millrace {

namespace {

size_t bytes_of(const RecordBlock& block, size_t begin, size_t end) {
  size_t sum = 0;
  for (size_t i = begin; i < end; ++i) sum += block.keys[i].size() + block.values[i].size();
  if (!block.headers.empty())
    for (size_t i = begin; i < end; ++i) sum += block.headers[i].size();
  return sum;
}

}  // namespace

size_t RecordBlock::bytes() const { return bytes_of(*this, 0, size()); }

size_t RecordRun::bytes() const { return bytes_of(*block, begin, end); }

RecordBlock RecordBlock::slice(size_t begin, size_t end) const {
  auto part = [&](const auto& all) {
    using Vector = std::remove_cvref_t<decltype(all)>;
    return all.empty() ? Vector{} : Vector(all.begin() + begin, all.begin() + end);
  };
  RecordBlock out;
  out.topic = topic;
  out.partition = partition;
  out.sequence = sequence;
  out.offsets = part(offsets);
  out.timestamps = part(timestamps);
  out.keys = part(keys);
  out.values = part(values);
  out.headers = part(headers);
  out.pin = pin;
  return out;
}

void RecordBlockBuilder::add(int64_t timestamp, Bytes key, Bytes value, Bytes headers) {
  auto append = [this](Bytes bytes) -> int64_t {
    if (is_null(bytes)) return -1;
    buffer_.append(bytes);
    return static_cast<int64_t>(bytes.size());
  };
  const int64_t k = append(key);
  const int64_t v = append(value);
  const int64_t h = append(headers);
  entries_.push_back({timestamp, k, v, h});
}

RecordBlock RecordBlockBuilder::build() {
  RecordBlock block;
  block.topic = topic_;
  block.partition = partition_;
  auto buffer = std::make_shared<const std::string>(std::move(buffer_));
  buffer_.clear();
  const size_t n = entries_.size();
  block.timestamps.reserve(n);
  block.keys.reserve(n);
  block.values.reserve(n);
  bool any_headers = false;
  for (const Entry& e : entries_) any_headers |= e.headers >= 0;
  const char* at = buffer->data();
  auto take = [&at](int64_t length) -> Bytes {
    if (length < 0) return null_bytes();
    Bytes view(at, static_cast<size_t>(length));
    at += length;
    return view;
  };
  for (const Entry& e : entries_) {
    block.timestamps.push_back(e.timestamp);
    block.keys.push_back(take(e.key));
    block.values.push_back(take(e.value));
    Bytes h = take(e.headers);
    if (any_headers) block.headers.push_back(h);
  }
  block.pin = std::move(buffer);
  entries_.clear();
  return block;
}

}  // namespace millrace
