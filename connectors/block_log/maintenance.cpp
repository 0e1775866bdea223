#include "connectors/block_log/maintenance.h"

#include <algorithm>

#include "connectors/block_log/compaction.h"
#include "runtime/error.h"

namespace millrace {

namespace {

// One rewrite reads about this much, so that commits wait only briefly for it to be written.
constexpr int64_t rewrite_bytes_max = 8 << 20;

}  // namespace

void LogMaintenance::run() {
  std::lock_guard running(running_);
  run_locked();
}

void LogMaintenance::try_run() {
  std::unique_lock running(running_, std::try_to_lock);
  if (running.owns_lock()) run_locked();
}

void LogMaintenance::run_locked() {
  const int64_t now = options_.clock();
  std::vector<TopicDescription> topics;
  {
    std::lock_guard lock(state_.mutex);
    for (const auto& [id, topic] : state_.topics.all()) topics.push_back(topic.description);
  }
  for (const TopicDescription& topic : topics) {
    for (int32_t partition = 0; partition < topic.partitions; ++partition) {
      try {
        if (topic.retention.milliseconds || topic.retention.bytes) retain(topic.id, partition, now);
        if (topic.retention.compact) compact_partition(topic.id, partition, now);
        if (options_.merge_bytes_max > 0) merge_small(topic.id, partition);
      } catch (const Error& error) {
        // Dropped or trimmed on the way: nothing is left to do here.
        if (error.code() == ErrorCode::topic_unknown || error.code() == ErrorCode::position_lost) continue;
        // What needs room waits for it; what gives room back, below, does not.
        if (error.code() == ErrorCode::log_full) continue;
        // What cannot be read stays as it is, and keeps no other partition from its upkeep.
        if (error.code() != ErrorCode::log_corrupt) throw;
        if (options_.report) options_.report(error.message());
      }
    }
  }
  try {
    write_removals();
  } catch (const Error&) {
    state_.store->reclaim();  // which may be what it takes
    throw;
  }
  state_.store->reclaim();
}

void LogMaintenance::retain(TopicId topic, int32_t partition, int64_t now) {
  std::lock_guard lock(state_.mutex);
  const Partition& in = state_.topics.partition(topic, partition);
  const int64_t cut = retention_cut(in, state_.topics.at(topic).description.retention, now);
  if (cut > in.start) trim_below(state_, topic, partition, cut);
}

// When half of the bytes are new since the last time, or a tombstone is out of time.
bool LogMaintenance::compaction_due(const Partition& partition, const Retention& retention, int64_t now) const {
  if (partition.tombstone_oldest <= now - retention.tombstone_milliseconds) return true;
  int64_t fresh = 0;
  for (auto entry = partition.find(partition.compacted); entry != partition.blocks.end(); ++entry)
    fresh += entry->bytes;
  return fresh > 0 && fresh * 2 >= partition.bytes;
}

void LogMaintenance::compact_partition(TopicId topic, int32_t partition, int64_t now) {
  int64_t from = 0;
  int64_t horizon = 0;
  {
    std::lock_guard lock(state_.mutex);
    const Partition& in = state_.topics.partition(topic, partition);
    const Retention& retention = state_.topics.at(topic).description.retention;
    if (!compaction_due(in, retention, now)) return;
    from = in.compacted;
    horizon = now - retention.tombstone_milliseconds;
  }
  const auto all = entries(topic, partition, 0);
  LatestOffsets latest;
  int64_t to = from;
  for (const BlockEntry& entry : all) {
    if (entry.last < from) continue;
    if (latest.size() > options_.compaction_keys_max) break;
    for (const auto& piece : load(topic, partition, entry)) latest.add(*piece);
    to = entry.last + 1;
  }
  int64_t tombstone_oldest = std::numeric_limits<int64_t>::max();
  Rewrite rewrite{topic, partition, {}, {}, 0};
  for (const BlockEntry& entry : all) {
    if (entry.first >= to) break;
    NewBlock rest{topic, partition, {}, {}};
    bool changed = false;
    bool tombstones = false;
    for (const auto& piece : load(topic, partition, entry)) {
      const CompactedBlock left = compact(piece, latest, entry.appended <= horizon);
      changed |= left.block != piece;
      tombstones |= left.tombstones;
      if (left.block) rest.pieces.push_back(left.block);
    }
    if (tombstones) tombstone_oldest = std::min(tombstone_oldest, entry.appended);
    if (!changed) continue;
    rewrite.old.push_back(entry);
    rewrite.bytes += entry.bytes;
    if (!rest.pieces.empty()) {
      rest.entry = make_entry(rest.pieces, entry.appended);
      rewrite.fresh.push_back(std::move(rest));
    }
    if (rewrite.bytes >= rewrite_bytes_max) {
      if (!apply(rewrite)) return;
      rewrite = {topic, partition, {}, {}, 0};
    }
  }
  if (!rewrite.old.empty() && !apply(rewrite)) return;
  std::lock_guard lock(state_.mutex);
  state_.topics.partition(topic, partition);
  Partition& in = state_.topics.at(topic).partitions[static_cast<size_t>(partition)];
  in.compacted = to;
  in.tombstone_oldest = tombstone_oldest;
}

// Blocks that are no longer in memory are read seldom and together.
void LogMaintenance::merge_small(TopicId topic, int32_t partition) {
  for (auto group = small_neighbours(topic, partition); !group.empty(); group = small_neighbours(topic, partition)) {
    Rewrite rewrite{topic, partition, std::move(group), {}, 0};
    NewBlock merged{topic, partition, {}, {}};
    for (const BlockEntry& entry : rewrite.old) {
      for (auto& piece : load(topic, partition, entry)) merged.pieces.push_back(std::move(piece));
    }
    merged.entry = make_entry(merged.pieces, rewrite.old.back().appended);
    rewrite.fresh.push_back(std::move(merged));
    if (!apply(rewrite)) return;
  }
}

// The next neighbours that are to become one block; empty where there are none yet.
std::vector<BlockEntry> LogMaintenance::small_neighbours(TopicId topic, int32_t partition) {
  // What is smaller together may still grow, unless there is much of it.
  constexpr size_t enough = 256;
  std::lock_guard lock(state_.mutex);
  state_.topics.partition(topic, partition);
  Partition& in = state_.topics.at(topic).partitions[static_cast<size_t>(partition)];
  std::vector<BlockEntry> group;
  int64_t bytes = 0;
  for (auto entry = in.find(in.merged); entry != in.blocks.end() && !entry->block; ++entry) {
    const auto records = group.empty() ? 0 : static_cast<size_t>(entry->last - group.front().first);
    if (bytes + entry->bytes > options_.merge_bytes_max || records >= options_.block_records_max) {
      in.merged = entry->first;
      if (group.size() > 1) return group;
      group.clear();
      bytes = 0;
    }
    group.push_back(*entry);
    bytes += entry->bytes;
  }
  if (group.size() < enough) group.clear();
  if (!group.empty()) in.merged = group.back().last + 1;
  return group;
}

std::vector<BlockEntry> LogMaintenance::entries(TopicId topic, int32_t partition, int64_t from) const {
  std::lock_guard lock(state_.mutex);
  const Partition& in = state_.topics.partition(topic, partition);
  return {in.find(from), in.blocks.end()};
}

std::vector<RecordBlockPtr> LogMaintenance::load(TopicId topic, int32_t partition, const BlockEntry& entry) {
  if (entry.block) return {entry.block};
  return load_block(state_, topic, partition, entry.first, entry.last + 1);
}

bool LogMaintenance::apply(const Rewrite& rewrite) {
  bool applied = false;
  queue_.run([&] {
    LogChanges changes;
    {
      std::lock_guard lock(state_.mutex);
      state_.topics.partition(rewrite.topic, rewrite.partition);
      Partition& in = state_.topics.at(rewrite.topic).partitions[static_cast<size_t>(rewrite.partition)];
      // Trimmed blocks are not to come back.
      if (in.start > rewrite.old.front().first) return;
      ++in.rewrites;
      for (const BlockEntry& entry : rewrite.old)
        changes.removed.push_back({rewrite.topic, rewrite.partition, entry.first});
      changes.bounds.push_back({rewrite.topic, rewrite.partition, in.start, in.end});
      changes.added = rewrite.fresh;
      for (const NewBlock& block : rewrite.fresh) changes.room_needed += block.entry.bytes;
      changes.sequence = state_.sequence;
    }
    const WriteResult written = state_.store->write(changes);
    applied = written.outcome == WriteResult::Outcome::written;
    {
      std::lock_guard lock(state_.mutex);
      if (applied) publish(rewrite);
      if (Topic* topic = state_.topics.find(rewrite.topic))
        ++topic->partitions[static_cast<size_t>(rewrite.partition)].rewrites;
    }
    state_.changed.notify_all();
    if (!applied) throw Error(written.full ? ErrorCode::log_full : ErrorCode::log_failed, written.reason);
  });
  return applied;
}

// Needs the mutex.
void LogMaintenance::publish(const Rewrite& rewrite) {
  Topic* topic = state_.topics.find(rewrite.topic);
  if (!topic) return;
  Partition& in = topic->partitions[static_cast<size_t>(rewrite.partition)];
  const auto begin = in.find(rewrite.old.front().first);
  const auto end = in.find(rewrite.old.back().last + 1);
  std::vector<BlockEntry> blocks;
  // What lies between, and was not to be rewritten, stays.
  auto old = rewrite.old.begin();
  for (auto entry = begin; entry != end; ++entry) {
    while (old != rewrite.old.end() && old->first < entry->first) ++old;
    if (old == rewrite.old.end() || old->first != entry->first)
      blocks.push_back(std::move(*entry));
    else
      in.bytes -= entry->bytes;
  }
  for (const NewBlock& fresh : rewrite.fresh) {
    const BlockKey key{rewrite.topic, rewrite.partition, fresh.entry.first};
    // A trim since the write wanted the old block removed that lay under the same key.
    std::erase_if(state_.removals, [&](const BlockKey& k) { return k == key; });
    if (fresh.entry.last < in.start) {
      state_.removals.push_back(key);
      continue;
    }
    in.bytes += fresh.entry.bytes;
    blocks.push_back(fresh.entry);
    if (!state_.store->keeps()) blocks.back().block = fresh.pieces.front();
  }
  std::sort(blocks.begin(), blocks.end(), [](const BlockEntry& a, const BlockEntry& b) { return a.first < b.first; });
  const auto at = in.blocks.erase(begin, end);
  in.blocks.insert(at, std::make_move_iterator(blocks.begin()), std::make_move_iterator(blocks.end()));
}

void LogMaintenance::write_removals() {
  queue_.run([&] {
    LogChanges changes;
    {
      std::lock_guard lock(state_.mutex);
      take_removals(state_, changes);
      changes.sequence = state_.sequence;
    }
    if (changes.removed.empty()) return;
    const WriteResult written = state_.store->write(changes);
    if (written.outcome == WriteResult::Outcome::written) return;
    {
      std::lock_guard lock(state_.mutex);
      state_.removals.insert(state_.removals.end(), changes.removed.begin(), changes.removed.end());
    }
    throw Error(written.full ? ErrorCode::log_full : ErrorCode::log_failed, written.reason);
  });
}

}  // namespace millrace
