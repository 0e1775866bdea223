#include "connectors/block_log/log_state.h"

#include <fmt/format.h>

#include <set>

#include "runtime/error.h"

namespace millrace {

namespace {

std::string lost_topic(const TopicTable& topics, const Position& position) {
  const auto name = topics.dropped_name(position.topic);
  if (!name)
    return fmt::format("there is no topic with id {}, from which the position was taken", position.topic.value);
  const Topic* now = topics.find(*name);
  if (!now)
    return fmt::format("topic {} (id {}), from which the position was taken, was dropped", *name, position.topic.value);
  return fmt::format(
      "topic {} now is the one with id {}; the position at offset {} was taken from id {}, which was dropped", *name,
      now->description.id.value, position.next, position.topic.value);
}

}  // namespace

void check_position(const TopicTable& topics, const Position& position) {
  const Topic* topic = topics.find(position.topic);
  if (!topic) throw Error(ErrorCode::position_lost, lost_topic(topics, position));
  if (position.partition < 0 || position.partition >= topic->description.partitions) {
    throw Error(ErrorCode::position_lost,
                fmt::format("topic {} has {} partitions, the position is in partition {}", topic->description.name,
                            topic->description.partitions, position.partition));
  }
  const Partition& partition = topic->partitions[static_cast<size_t>(position.partition)];
  if (position.next < partition.start) {
    throw Error(ErrorCode::position_lost,
                fmt::format("position {} of {} is no longer in the log, which begins at {}", position.next,
                            partition_name(*topic, position.partition), partition.start));
  }
  if (position.next > partition.end) {
    throw Error(ErrorCode::position_lost,
                fmt::format("position {} of {} lies beyond the end of the log, {}", position.next,
                            partition_name(*topic, position.partition), partition.end));
  }
}

void trim_below(LogState& state, TopicId topic, int32_t partition, int64_t offset) {
  state.topics.partition(topic, partition);
  Partition& in = state.topics.at(topic).partitions[static_cast<size_t>(partition)];
  for (const BlockEntry& entry : in.drop_below(offset)) state.removals.push_back({topic, partition, entry.first});
}

void take_removals(LogState& state, LogChanges& changes) {
  std::set<std::pair<TopicId, int32_t>> touched;
  for (const BlockKey& key : state.removals) {
    if (!state.topics.find(key.topic)) continue;  // dropped with all its blocks
    changes.removed.push_back(key);
    touched.emplace(key.topic, key.partition);
  }
  for (const auto& [topic, partition] : touched) {
    const Partition& in = state.topics.partition(topic, partition);
    changes.bounds.push_back({topic, partition, in.start, in.end});
  }
  state.removals.clear();
}

std::vector<RecordBlockPtr> load_block(LogState& state, TopicId topic, int32_t partition, int64_t offset, int64_t end) {
  std::string corrupt;
  for (;;) {
    BlockKey key{topic, partition, 0};
    uint64_t rewrites = 0;
    {
      std::lock_guard lock(state.mutex);
      check_position(state.topics, {.topic = topic, .partition = partition, .next = offset});
      const Partition& in = state.topics.partition(topic, partition);
      auto entry = in.find(offset);
      if (entry == in.blocks.end() || entry->first >= end) return {};
      if (entry->block) return {entry->block};
      if (!corrupt.empty())
        throw Error(ErrorCode::log_corrupt,
                    fmt::format("the block at offset {} of {} is corrupt, the next one begins at {}: {}", entry->first,
                                partition_name(state.topics.at(topic), partition), entry->last + 1, corrupt));
      key.first = entry->first;
      rewrites = in.rewrites;
    }
    LoadedBlock loaded = state.store->load(key);
    if (!loaded.pieces.empty()) return std::move(loaded.pieces);
    corrupt = std::move(loaded.corrupt);
    if (!corrupt.empty()) continue;
    // It may have been rewritten between the look-up and the read; then the index says what there is, once it knows.
    std::unique_lock lock(state.mutex);
    const auto partition_now = [&]() -> const Partition* {
      const Topic* there = state.topics.find(topic);
      return there == nullptr ? nullptr : &there->partitions[static_cast<size_t>(partition)];
    };
    const auto is_odd = [](uint64_t number) { return number % 2 == 1; };
    const Partition* now = partition_now();
    if (now != nullptr && now->rewrites == rewrites && !is_odd(rewrites)) corrupt = "it is missing";
    state.changed.wait(lock, [&] { return (now = partition_now()) == nullptr || !is_odd(now->rewrites); });
  }
}

}  // namespace millrace
