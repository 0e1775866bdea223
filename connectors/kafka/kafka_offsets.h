// Where the partitions of topics begin and end.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "connectors/kafka/kafka_handle.h"

namespace millrace {

// Safe to call from any thread; one asks at a time. Waits at most request_ms_max, then throws Error{unavailable}.
class KafkaOffsets {
 public:
  explicit KafkaOffsets(const KafkaLogOptions& options);

  // Kafka says where the next record would go, which lies behind the marks of transactions; what is returned as the end
  // lies directly behind the last committed record. `committed`: see committed_end().
  Offsets find(const std::string& topic, int32_t partition, int64_t committed = 0);
  // Where this process left a partition, as long as the topic is of the same generation. The cluster says that a
  // transaction is committed before it has written the marks that move its own ends.
  void committed(TopicId topic, int32_t partition, int64_t end, uint64_t generation);
  int64_t committed_end(TopicId topic, int32_t partition, uint64_t generation);  // 0: nothing is known
  int64_t find_time(const std::string& topic, int32_t partition, int64_t time);
  // Whether the record at this offset is committed. Everything that was under way must be decided.
  bool visible(const std::string& topic, int32_t partition, int64_t offset);

  KafkaHandle& handle() { return handle_; }

 private:
  struct Tail {
    int64_t stable = -1;  // Kafka's end
    int64_t end = 0;      // ours
  };
  struct Scan {
    int64_t first = -1, last = -1;  // offsets of the records found; -1: none
  };

  // Whether the record ends the scan.
  using Ends = std::function<bool(const rd_kafka_message_t&)>;
  // Records of [from, to), up to one that ends it.
  Scan scan(const std::string& topic, int32_t partition, int64_t from, int64_t to, const Ends& ends);
  int64_t ask_offset(const std::string& topic, int32_t partition, int64_t time) const;
  void watermarks(const std::string& topic, int32_t partition, int64_t& first, int64_t& stable) const;

  const KafkaLogOptions& options_;
  KafkaHandle handle_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int32_t>, Tail> tails_;
  std::mutex committed_mutex_;                                                      // never waits for the cluster
  std::map<std::pair<uint64_t, int32_t>, std::pair<int64_t, uint64_t>> committed_;  // end and generation
};

// To librdkafka a timestamp of 0 is none, and becomes the time of sending. So 1970 itself is written as Kafka's mark
// for "no timestamp", which nobody else writes today, and read back as 0.
inline constexpr int64_t kafka_no_timestamp = -1;
int64_t kafka_timestamp(const rd_kafka_message_t& message);

// What a consumer of this log's is made with.
KafkaSettings kafka_consumer_settings();
KafkaSettings kafka_consumer_own_settings();

}  // namespace millrace
