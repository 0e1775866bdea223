#include "connectors/block_log/partition.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/error.h"

namespace millrace {

namespace {

template <typename Blocks>
auto find_block(Blocks& blocks, int64_t offset) {
  return std::partition_point(blocks.begin(), blocks.end(), [&](const BlockEntry& e) { return e.last < offset; });
}

[[noreturn]] void throw_unknown(TopicId id) {
  throw Error(ErrorCode::topic_unknown, fmt::format("there is no topic with id {}", id.value));
}

}  // namespace

std::deque<BlockEntry>::iterator Partition::find(int64_t offset) { return find_block(blocks, offset); }

std::deque<BlockEntry>::const_iterator Partition::find(int64_t offset) const { return find_block(blocks, offset); }

void Partition::append(BlockEntry entry) {
  end = entry.last + 1;
  bytes += entry.bytes;
  blocks.push_back(std::move(entry));
}

std::vector<BlockEntry> Partition::drop_below(int64_t offset) {
  std::vector<BlockEntry> gone;
  while (!blocks.empty() && blocks.front().last < offset) {
    bytes -= blocks.front().bytes;
    start = blocks.front().last + 1;
    gone.push_back(std::move(blocks.front()));
    blocks.pop_front();
  }
  return gone;
}

Topic* TopicTable::find(TopicId id) {
  auto it = topics_.find(id);
  return it == topics_.end() ? nullptr : &it->second;
}

const Topic* TopicTable::find(TopicId id) const {
  auto it = topics_.find(id);
  return it == topics_.end() ? nullptr : &it->second;
}

const Topic* TopicTable::find(std::string_view name) const {
  auto it = names_.find(name);
  return it == names_.end() ? nullptr : find(it->second);
}

Topic& TopicTable::at(TopicId id) {
  Topic* topic = find(id);
  if (!topic) throw_unknown(id);
  return *topic;
}

const Topic& TopicTable::at(TopicId id) const {
  const Topic* topic = find(id);
  if (!topic) throw_unknown(id);
  return *topic;
}

const Partition& TopicTable::partition(TopicId id, int32_t partition) const {
  const Topic& topic = at(id);
  if (partition < 0 || partition >= topic.description.partitions) {
    throw Error(ErrorCode::topic_unknown, fmt::format("topic {} has {} partitions, there is no partition {}",
                                                      topic.description.name, topic.description.partitions, partition));
  }
  return topic.partitions[static_cast<size_t>(partition)];
}

void TopicTable::add(Topic topic) {
  const TopicId id = topic.description.id;
  topic.partitions.resize(static_cast<size_t>(topic.description.partitions));
  names_[topic.description.name] = id;
  topics_.emplace(id, std::move(topic));
}

void TopicTable::remove(TopicId id) {
  auto it = topics_.find(id);
  if (it == topics_.end()) return;
  names_.erase(it->second.description.name);
  add_dropped(id, std::move(it->second.description.name));
  topics_.erase(it);
}

void TopicTable::add_dropped(TopicId id, std::string name) {
  dropped_.emplace(id, std::move(name));
  if (dropped_.size() > dropped_max) dropped_.erase(dropped_.begin());
}

std::optional<std::string> TopicTable::dropped_name(TopicId id) const {
  auto it = dropped_.find(id);
  if (it == dropped_.end()) return std::nullopt;
  return it->second;
}

std::string partition_name(const Topic& topic, int32_t partition) {
  return fmt::format("{}[{}]", topic.description.name, partition);
}

}  // namespace millrace
