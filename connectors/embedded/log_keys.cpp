#include "connectors/embedded/log_keys.h"

#include <cstring>

namespace millrace::log_keys {

namespace {

template <typename T>
void append_big(std::string& out, T value) {
  for (int shift = (sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<uint64_t>(value) >> shift));
  }
}

template <typename T>
T read_big(std::string_view key, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<unsigned char>(key[at + i]);
  return static_cast<T>(value);
}

template <typename T>
void append_number(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

template <typename T>
T take_number(std::string_view& value) {
  T number;
  std::memcpy(&number, value.data(), sizeof(T));
  value.remove_prefix(sizeof(T));
  return number;
}

void append_optional(std::string& out, std::optional<int64_t> value) {
  out.push_back(value ? 1 : 0);
  append_number(out, value.value_or(0));
}

std::optional<int64_t> take_optional(std::string_view& value) {
  const bool set = take_number<char>(value) != 0;
  const auto number = take_number<int64_t>(value);
  return set ? std::optional(number) : std::nullopt;
}

constexpr size_t topic_value_bytes = 4 + 9 + 9 + 1 + 8;  // and the name

}  // namespace

std::string block_key(const BlockKey& key) {
  std::string out;
  append_big(out, key.topic.value);
  append_big(out, key.partition);
  append_big(out, key.first);
  return out;
}

std::string topic_key(char prefix, TopicId topic) {
  std::string out(1, prefix);
  append_big(out, topic.value);
  return out;
}

std::string partition_key(TopicId topic, int32_t partition) {
  std::string out = topic_key(partition_prefix, topic);
  append_big(out, partition);
  return out;
}

std::string entry_key(const BlockKey& key) { return entry_prefix + block_key(key); }

std::string topic_end(std::string key_of_topic) {
  for (size_t i = key_of_topic.size(); i-- > 0;) {
    if (++key_of_topic[i] != 0) break;
  }
  return key_of_topic;
}

TopicId topic_of(std::string_view key, size_t at) { return {read_big<uint64_t>(key, at)}; }

BlockKey parse_block_key(std::string_view key, size_t at) {
  return {topic_of(key, at), read_big<int32_t>(key, at + 8), read_big<int64_t>(key, at + 12)};
}

std::string number_value(uint64_t value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string entry_value(const BlockEntry& entry) {
  std::string out;
  for (int64_t field : {entry.last, entry.sequence, entry.timestamp_max, entry.appended, entry.bytes}) {
    append_number(out, field);
  }
  return out;
}

std::string bounds_value(const PartitionBounds& bounds) {
  std::string out;
  append_number(out, bounds.start);
  append_number(out, bounds.end);
  return out;
}

std::string topic_value(const TopicDescription& topic) {
  std::string out;
  append_number(out, topic.partitions);
  append_optional(out, topic.retention.milliseconds);
  append_optional(out, topic.retention.bytes);
  out.push_back(topic.retention.compact ? 1 : 0);
  append_number(out, topic.retention.tombstone_milliseconds);
  return out + topic.name;
}

std::optional<uint64_t> parse_number(std::string_view value) {
  if (value.size() != 8) return std::nullopt;
  return take_number<uint64_t>(value);
}

std::optional<BlockEntry> parse_entry(std::string_view value, int64_t first) {
  if (value.size() != 40) return std::nullopt;
  BlockEntry entry;
  entry.first = first;
  for (int64_t* field : {&entry.last, &entry.sequence, &entry.timestamp_max, &entry.appended, &entry.bytes}) {
    *field = take_number<int64_t>(value);
  }
  return entry;
}

std::optional<PartitionBounds> parse_bounds(std::string_view value, TopicId topic, int32_t partition) {
  if (value.size() != 16) return std::nullopt;
  const auto start = take_number<int64_t>(value);
  return PartitionBounds{topic, partition, start, take_number<int64_t>(value)};
}

std::optional<TopicDescription> parse_topic(std::string_view value, TopicId id) {
  if (value.size() <= topic_value_bytes) return std::nullopt;
  TopicDescription topic;
  topic.id = id;
  topic.partitions = take_number<int32_t>(value);
  topic.retention.milliseconds = take_optional(value);
  topic.retention.bytes = take_optional(value);
  topic.retention.compact = take_number<char>(value) != 0;
  topic.retention.tombstone_milliseconds = take_number<int64_t>(value);
  topic.name = value;
  return topic;
}

}  // namespace millrace::log_keys
