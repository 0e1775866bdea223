#include "connectors/block_log/block_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/error.h"

namespace millrace {

BlockReader::BlockReader(LogState& state, const std::vector<Position>& positions) : state_(state) {
  for (const Position& position : positions) slots_.emplace_back().position = position;
}

std::vector<RecordRun> BlockReader::read(size_t bytes, std::chrono::steady_clock::time_point deadline) {
  for (Slot& slot : slots_) {
    if (!slot.checked) check_last(slot);
  }
  std::vector<Head> ready;
  {
    std::unique_lock lock(state_.mutex);
    while (true) {
      ready = heads();
      if (!ready.empty() || woken_) break;
      if (state_.changed.wait_until(lock, deadline) == std::cv_status::timeout) {
        ready = heads();
        break;
      }
    }
    if (ready.empty()) woken_ = false;
  }
  std::vector<RecordRun> out;
  try {
    collect(std::move(ready), bytes, out);
  } catch (const Error&) {
    // What was read so far is returned; the next read meets the error again.
    if (out.empty()) throw;
  }
  return out;
}

void BlockReader::seek(const Position& position) {
  for (Slot& slot : slots_) {
    if (slot.position.topic != position.topic || slot.position.partition != position.partition) continue;
    const bool paused = slot.paused;
    slot = {};
    slot.position = position;
    slot.paused = paused;
    return;
  }
  throw Error(ErrorCode::internal,
              fmt::format("a reader was told to go on in topic id {}, partition {}, which it was not opened with",
                          position.topic.value, position.partition));
}

void BlockReader::pause(int32_t partition, bool paused) {
  for (Slot& slot : slots_) {
    if (slot.position.partition == partition) slot.paused = paused;
  }
}

void BlockReader::wake() {
  {
    std::lock_guard lock(state_.mutex);
    woken_ = true;
  }
  state_.changed.notify_all();
}

// The record may be gone by retention or compaction, which says nothing.
void BlockReader::check_last(Slot& slot) {
  const Position& position = slot.position;
  int64_t start = 0;
  int64_t end = 0;
  {
    std::lock_guard lock(state_.mutex);
    check_position(state_.topics, position);
    const Partition& partition = state_.topics.partition(position.topic, position.partition);
    start = partition.start;
    end = partition.end;
  }
  slot.checked = true;
  if (position.last_offset < start || position.last_offset >= end) return;
  for (const auto& block : load_block(state_, position.topic, position.partition, position.last_offset, end)) {
    auto it = std::lower_bound(block->offsets.begin(), block->offsets.end(), position.last_offset);
    if (it == block->offsets.end() || *it != position.last_offset) continue;
    const auto i = static_cast<size_t>(it - block->offsets.begin());
    const uint64_t hash = record_hash(block->keys[i], block->values[i]);
    if (block->timestamps[i] == position.last_timestamp && hash == position.last_hash) return;
    slot.checked = false;
    std::lock_guard lock(state_.mutex);
    const Topic& topic = state_.topics.at(position.topic);
    throw Error(
        ErrorCode::position_lost,
        fmt::format(
            "the record at offset {} of {} is not the one the position at {} was taken from: its time is {} and its "
            "hash {:016x}, expected were {} and {:016x}",
            position.last_offset, partition_name(topic, position.partition), position.next, block->timestamps[i], hash,
            position.last_timestamp, position.last_hash));
  }
}

// Fixes how far each slot reads in this call. Needs the mutex.
std::vector<BlockReader::Head> BlockReader::heads() {
  std::vector<Head> heads;
  for (size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.paused) continue;
    check_position(state_.topics, slot.position);
    slot.limit = state_.topics.partition(slot.position.topic, slot.position.partition).end;
    add_head(heads, i);
  }
  return heads;
}

// Needs the mutex.
bool BlockReader::add_head(std::vector<Head>& heads, size_t index) const {
  const Slot& slot = slots_[index];
  if (!slot.pending.empty()) {
    if (slot.pending.front().first_offset() >= slot.limit) return false;
    heads.push_back({slot.pending.front().block->sequence, index});
    return true;
  }
  if (slot.position.next >= slot.limit) return false;
  const Topic* topic = state_.topics.find(slot.position.topic);
  if (!topic) return false;  // dropped meanwhile: the next read says so
  const Partition& partition = topic->partitions[static_cast<size_t>(slot.position.partition)];
  auto entry = partition.find(slot.position.next);
  if (entry == partition.blocks.end() || entry->first >= slot.limit) return false;
  heads.push_back({entry->sequence, index});
  return true;
}

void BlockReader::fill(Slot& slot) {
  const Position& position = slot.position;
  for (auto& piece : load_block(state_, position.topic, position.partition, position.next, slot.limit)) {
    const auto& offsets = piece->offsets;
    if (offsets.back() < position.next) continue;
    const auto skip = std::lower_bound(offsets.begin(), offsets.end(), position.next) - offsets.begin();
    const size_t size = piece->size();
    slot.pending.emplace_back(std::move(piece), static_cast<size_t>(skip), size);
  }
}

void BlockReader::collect(std::vector<Head> heads, size_t bytes, std::vector<RecordRun>& out) {
  std::make_heap(heads.begin(), heads.end(), std::greater<>());
  auto push = [&heads] { std::push_heap(heads.begin(), heads.end(), std::greater<>()); };
  size_t collected = 0;
  while (!heads.empty() && (out.empty() || collected < bytes)) {
    std::pop_heap(heads.begin(), heads.end(), std::greater<>());
    const Head head = heads.back();
    heads.pop_back();
    Slot& slot = slots_[head.slot];
    if (slot.pending.empty()) {
      fill(slot);
      if (slot.pending.empty() || slot.pending.front().first_offset() >= slot.limit) continue;
      // A merged block begins with a smaller sequence than what is wanted of it.
      if (slot.pending.front().block->sequence > head.sequence) {
        heads.push_back({slot.pending.front().block->sequence, head.slot});
        push();
        continue;
      }
    }
    RecordRun run = std::move(slot.pending.front());
    slot.pending.pop_front();
    slot.position.next = run.last_offset() + 1;
    collected += run.bytes();
    out.push_back(std::move(run));
    std::lock_guard lock(state_.mutex);
    if (add_head(heads, head.slot)) push();
  }
}

}  // namespace millrace
