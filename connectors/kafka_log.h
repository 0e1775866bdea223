// The log as topics of a Kafka cluster: nothing is kept on the local disk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime/log.h"

namespace millrace {

struct KafkaLogOptions {
  std::string brokers;                          // HOST:PORT,…
  std::map<std::string, std::string> settings;  // given to librdkafka as they are: TLS, SASL, …
  int16_t replication = 1;                      // of the topics that this log makes
  int64_t record_bytes_max = 16 << 20;          // of those topics: key, value and headers of one record
  int64_t request_ms_max = 5'000;               // the longest that a call waits for an answer of the cluster
  int64_t append_ms_max = 30'000;               // an append that is not committed after so long is given up
  int64_t transaction_ms_max = 15'000;          // a transaction that takes longer is taken for lost, and looked after
  int64_t idle_ms_max = 0;                      // max.task.idle.ms: see KafkaReader
  int64_t refresh_ms = 1'000;                   // how often topics that came and went are looked for
  std::function<void(const std::string&)> report;  // trouble in the background; may be absent; any thread
};

// A TopicId is made from the topic's name: the client library tells no ids of Kafka's. That a topic was made again is
// noticed by positions, which know their last record.
//
// Throws Error: unavailable (no broker answers), property_unknown and property_invalid (a setting of librdkafka's).
std::unique_ptr<Log> open_kafka_log(KafkaLogOptions options);

}  // namespace millrace
