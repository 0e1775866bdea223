// What a consumer of Kafka's that reads committed records only finds in a topic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::testing {

struct CommittedRecord {
  std::string key;
  std::optional<std::string> value;  // absent: a tombstone
  int64_t timestamp = 0;
  bool operator==(const CommittedRecord&) const = default;
};

// All records up to the end of each partition, by the first `key_bytes` of their key, in order. Not by the log of ours.
// Throws std::runtime_error.
using CommittedTopic = std::map<std::string, std::vector<CommittedRecord>>;
CommittedTopic read_committed(const std::string& brokers, const std::string& topic, size_t key_bytes);

// Empty: the same records in the same order for every key; otherwise the first difference.
std::string order_difference(const CommittedTopic& expected, const CommittedTopic& got);

}  // namespace millrace::testing
