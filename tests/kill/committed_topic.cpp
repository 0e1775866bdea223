#include "tests/kill/committed_topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "connectors/kafka/kafka_handle.h"

namespace millrace::testing {

namespace {

constexpr int patience_ms = 20'000;

int32_t partitions_of(rd_kafka_t* consumer, rd_kafka_topic_t* topic) {
  const struct rd_kafka_metadata* metadata = nullptr;
  if (rd_kafka_metadata(consumer, 0, topic, &metadata, patience_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("no answer about a topic");
  const int32_t count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
  rd_kafka_metadata_destroy(metadata);
  return count;
}

void read_partition(rd_kafka_topic_t* topic, int32_t partition, size_t key_bytes, CommittedTopic& into) {
  if (rd_kafka_consume_start(topic, partition, 0) != 0) throw std::runtime_error("a partition cannot be read");
  for (;;) {
    const KafkaMessagePtr message(rd_kafka_consume(topic, partition, patience_ms));
    if (!message || (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF))
      throw std::runtime_error(fmt::format("reading {}[{}]: {}", rd_kafka_topic_name(topic), partition,
                                           message ? rd_kafka_message_errstr(message.get()) : "no answer"));
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    CommittedRecord record;
    record.key.assign(static_cast<const char*>(message->key), message->key_len);
    if (message->payload != nullptr) record.value.emplace(static_cast<const char*>(message->payload), message->len);
    record.timestamp = rd_kafka_message_timestamp(message.get(), nullptr);
    into[record.key.substr(0, key_bytes)].push_back(std::move(record));
  }
  rd_kafka_consume_stop(topic, partition);
}

std::string text_of(const std::vector<CommittedRecord>& records, size_t i) {
  return i < records.size() ? fmt::format("{} at {}", records[i].value.value_or("null"), records[i].timestamp)
                            : "nothing";
}

}  // namespace

CommittedTopic read_committed(const std::string& brokers, const std::string& topic, size_t key_bytes) {
  KafkaLogOptions options;
  options.brokers = brokers;
  KafkaHandle consumer(RD_KAFKA_CONSUMER, options, {},
                       {{"isolation.level", "read_committed"}, {"enable.partition.eof", "true"}});
  CommittedTopic all;
  const int32_t partitions = partitions_of(consumer, consumer.topic(topic));
  for (int32_t p = 0; p < partitions; ++p) read_partition(consumer.topic(topic), p, key_bytes, all);
  return all;
}

std::string order_difference(const CommittedTopic& expected, const CommittedTopic& got) {
  for (const auto& [key, records] : expected) {
    const auto found = got.find(key);
    if (found == got.end()) return fmt::format("no record of a key that has {}", records.size());
    const auto& others = found->second;
    const auto [a, b] = std::mismatch(records.begin(), records.end(), others.begin(), others.end());
    if (a == records.end() && b == others.end()) continue;
    const auto at = static_cast<size_t>(a - records.begin());
    return fmt::format("record {} of a key is {}, expected {}", at, text_of(others, at), text_of(records, at));
  }
  return expected.size() == got.size() ? "" : fmt::format("{} keys, expected {}", got.size(), expected.size());
}

}  // namespace millrace::testing
