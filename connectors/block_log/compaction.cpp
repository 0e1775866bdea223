#include "connectors/block_log/compaction.h"

#include <xxhash.h>

#include <algorithm>

namespace millrace {

namespace {

std::pair<uint64_t, uint64_t> key_hash(Bytes key) {
  const XXH128_hash_t hash = XXH3_128bits(key.data(), key.size());
  return {hash.low64, hash.high64};
}

}  // namespace

int64_t retention_cut(const Partition& partition, const Retention& retention, int64_t now) {
  int64_t cut = partition.start;
  int64_t bytes = partition.bytes;
  for (const BlockEntry& entry : partition.blocks) {
    const bool newest = entry.last == partition.blocks.back().last;
    const bool old = retention.milliseconds && entry.timestamp_max < now - *retention.milliseconds;
    const bool beyond = retention.bytes && bytes > *retention.bytes && !newest;
    if (!old && !beyond) break;
    cut = entry.last + 1;
    bytes -= entry.bytes;
  }
  return cut;
}

void LatestOffsets::add(const RecordBlock& block) {
  for (size_t i = 0; i < block.size(); ++i) {
    if (!is_null(block.keys[i])) latest_[key_hash(block.keys[i])] = block.offsets[i];
  }
}

bool LatestOffsets::superseded(Bytes key, int64_t offset) const {
  auto it = latest_.find(key_hash(key));
  return it != latest_.end() && it->second > offset;
}

CompactedBlock compact(const RecordBlockPtr& block, const LatestOffsets& latest, bool drop_tombstones) {
  CompactedBlock out;
  std::vector<size_t> kept;
  for (size_t i = 0; i < block->size(); ++i) {
    const bool keyed = !is_null(block->keys[i]);
    const bool tombstone = keyed && is_null(block->values[i]);
    if (keyed && latest.superseded(block->keys[i], block->offsets[i])) continue;
    if (tombstone && drop_tombstones) continue;
    out.tombstones |= tombstone;
    kept.push_back(i);
  }
  if (kept.size() == block->size()) {
    out.block = block;
  } else if (!kept.empty()) {
    RecordBlockBuilder builder(block->topic, block->partition);
    std::vector<int64_t> offsets;
    for (size_t i : kept) {
      builder.add(block->timestamps[i], block->keys[i], block->values[i],
                  block->headers.empty() ? null_bytes() : block->headers[i]);
      offsets.push_back(block->offsets[i]);
    }
    RecordBlock rest = builder.build();
    rest.offsets = std::move(offsets);
    rest.sequence = block->sequence;
    out.block = std::make_shared<const RecordBlock>(std::move(rest));
  }
  return out;
}

int64_t stored_bytes(const RecordBlock& block) {
  constexpr size_t per_block = 64;
  constexpr size_t per_record = 24;
  return static_cast<int64_t>(block.bytes() + per_record * block.size() + per_block);
}

BlockEntry make_entry(const std::vector<RecordBlockPtr>& pieces, int64_t appended) {
  BlockEntry entry;
  entry.first = pieces.front()->offsets.front();
  entry.last = pieces.back()->offsets.back();
  entry.sequence = pieces.front()->sequence;
  entry.timestamp_max = pieces.front()->timestamps.front();
  entry.appended = appended;
  for (const auto& piece : pieces) {
    entry.timestamp_max =
        std::max(entry.timestamp_max, *std::max_element(piece->timestamps.begin(), piece->timestamps.end()));
    entry.bytes += stored_bytes(*piece);
  }
  return entry;
}

}  // namespace millrace
