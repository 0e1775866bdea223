// Keys and values of the embedded log's metadata, and the keys of its blocks.
//
// Numbers in keys are big-endian, so that keys sort as (topic, partition, first offset); in values little-endian.
#pragma once

#include <optional>
#include <string>

#include "connectors/block_log/block_store.h"

namespace millrace::log_keys {

// The version of everything that lies in the data directory. A program refuses what is newer than it knows.
inline constexpr uint32_t format_version = 1;

inline constexpr std::string_view version = "version";
inline constexpr std::string_view sequence = "sequence";
inline constexpr std::string_view topic_next = "topic_next";

// Prefixes of the metadata that there is many of.
inline constexpr char topic_prefix = 'T';      // + topic: its description
inline constexpr char dropped_prefix = 'D';    // + topic: its name
inline constexpr char partition_prefix = 'P';  // + topic, partition: its bounds; absent until blocks went
inline constexpr char entry_prefix = 'E';      // + topic, partition, first offset: the entry of a block

std::string block_key(const BlockKey& key);
std::string topic_key(char prefix, TopicId topic);
std::string partition_key(TopicId topic, int32_t partition);
std::string entry_key(const BlockKey& key);
// The keys of metadata or blocks of a topic lie in [from, to).
std::string topic_end(std::string key_of_topic);

TopicId topic_of(std::string_view key, size_t at);
BlockKey parse_block_key(std::string_view key, size_t at);

std::string number_value(uint64_t value);
std::string entry_value(const BlockEntry& entry);
std::string bounds_value(const PartitionBounds& bounds);
std::string topic_value(const TopicDescription& topic);

// Absent where the bytes are not such a value.
std::optional<uint64_t> parse_number(std::string_view value);
std::optional<BlockEntry> parse_entry(std::string_view value, int64_t first);
std::optional<PartitionBounds> parse_bounds(std::string_view value, TopicId topic, int32_t partition);
std::optional<TopicDescription> parse_topic(std::string_view value, TopicId id);

}  // namespace millrace::log_keys
