// Kafka by the client library alone: what the benchmarks compare the engine with.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "connectors/kafka/kafka_handle.h"

namespace millrace::benchmark {

// Committed records of all partitions of a topic, with the settings that the engine's consumers have.
class BareConsumer {
 public:
  enum class Begin { earliest, latest };

  BareConsumer(const std::string& brokers, std::string topic, int32_t partitions, Begin begin);
  ~BareConsumer();

  using Each = std::function<void(const rd_kafka_message_t&)>;
  // Up to the end of every partition.
  void read_all(const Each& each);
  // What comes until then. `each` is called as soon as a record is there.
  void read(std::chrono::steady_clock::time_point deadline, const Each& each);

 private:
  size_t take(int wait_ms, const Each& each);

  KafkaLogOptions options_;
  KafkaHandle handle_;
  KafkaQueuePtr queue_;
  int32_t partitions_;
  int32_t ended_ = 0;  // partitions that have told their end
};

// A producer; transactional where it has an id.
class BareProducer {
 public:
  BareProducer(const std::string& brokers, const std::string& transactional_id, const std::string& linger_ms);

  void begin();
  // Sent as it is. Waits while the library's queue is full.
  void send(const std::string& topic, int32_t partition, std::string_view value, int64_t timestamp);
  void commit();
  void flush();

 private:
  KafkaLogOptions options_;
  KafkaHandle handle_;
};

}  // namespace millrace::benchmark
