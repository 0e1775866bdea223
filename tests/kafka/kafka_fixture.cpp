#include "tests/kafka/kafka_fixture.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "connectors/kafka/kafka_handle.h"

namespace millrace::testing {

namespace {

constexpr int patience_ms = 10'000;

using NewPartitionsPtr = std::unique_ptr<rd_kafka_NewPartitions_t, KafkaDeleter<rd_kafka_NewPartitions_destroy>>;
using ListOffsetsPtr =
    std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, KafkaDeleter<rd_kafka_ListConsumerGroupOffsets_destroy>>;

using ConfigResourcePtr = std::unique_ptr<rd_kafka_ConfigResource_t, KafkaDeleter<rd_kafka_ConfigResource_destroy>>;

void check(bool well, const std::string& what) {
  if (!well) throw std::runtime_error(what);
}

// The answer to what `ask` asks.
KafkaEventPtr answer_of(const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& ask, KafkaHandle& client) {
  const KafkaQueuePtr queue(rd_kafka_queue_new(client));
  ask(client, queue.get());
  KafkaEventPtr event(rd_kafka_queue_poll(queue.get(), patience_ms));
  check(event != nullptr, "the broker does not answer");
  check(rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR, rd_kafka_event_error_string(event.get()));
  return event;
}

}  // namespace

std::string broker_address() {
  const char* directory = std::getenv("KAFKA_BROKER_DIRECTORY");
  std::string address;
  std::ifstream(std::string(directory == nullptr ? "." : directory) + "/address") >> address;
  if (address.empty())
    throw std::runtime_error("no broker: KAFKA_BROKER_DIRECTORY names no folder of tests/kafka/broker");
  return address;
}

uint16_t broker_port() {
  const std::string address = broker_address();
  return static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

KafkaLogOptions kafka_options() {
  KafkaLogOptions options;
  options.brokers = broker_address();
  return options;
}

std::unique_ptr<Log> open_empty_kafka(KafkaLogOptions options) {
  auto log = open_kafka_log(std::move(options));
  for (const TopicDescription& topic : log->list()) log->drop(topic.id);
  return log;
}

void set_partitions(const std::string& topic, int32_t count) {
  KafkaHandle client(RD_KAFKA_PRODUCER, kafka_options(), {}, {});
  std::array<char, 256> why{};
  const NewPartitionsPtr wanted(
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<size_t>(count), why.data(), why.size()));
  check(wanted != nullptr, why.data());
  const auto event = answer_of(
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_NewPartitions_t* all[] = {wanted.get()};
        rd_kafka_CreatePartitions(handle, all, 1, nullptr, queue);
      },
      client);
  size_t results = 0;
  const auto* topics =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &results);
  check(results == 1, "no answer about the topic");
  check(rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR,
        rd_kafka_err2str(rd_kafka_topic_result_error(topics[0])));
}

std::string topic_setting(const std::string& topic, const std::string& name) {
  KafkaHandle client(RD_KAFKA_PRODUCER, kafka_options(), {}, {});
  const ConfigResourcePtr wanted(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  const auto event = answer_of(
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_ConfigResource_t* all[] = {wanted.get()};
        rd_kafka_DescribeConfigs(handle, all, 1, nullptr, queue);
      },
      client);
  size_t count = 0;
  const auto* resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  check(count == 1, "no answer about the topic");
  size_t entries = 0;
  const auto* settings = rd_kafka_ConfigResource_configs(resources[0], &entries);
  for (size_t i = 0; i < entries; ++i)
    if (rd_kafka_ConfigEntry_name(settings[i]) == name) return rd_kafka_ConfigEntry_value(settings[i]);
  throw std::runtime_error("the topic has no setting " + name);
}

std::map<std::pair<std::string, int32_t>, int64_t> group_offsets(const std::string& group) {
  KafkaHandle client(RD_KAFKA_PRODUCER, kafka_options(), {}, {});
  const ListOffsetsPtr wanted(rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  const auto event = answer_of(
      [&](rd_kafka_t* handle, rd_kafka_queue_t* queue) {
        rd_kafka_ListConsumerGroupOffsets_t* all[] = {wanted.get()};
        rd_kafka_ListConsumerGroupOffsets(handle, all, 1, nullptr, queue);
      },
      client);
  size_t count = 0;
  const auto* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  check(count == 1, "no answer about the group");
  std::map<std::pair<std::string, int32_t>, int64_t> offsets;
  const auto* partitions = rd_kafka_group_result_partitions(groups[0]);
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i)
    offsets[{partitions->elems[i].topic, partitions->elems[i].partition}] = partitions->elems[i].offset;
  return offsets;
}

}  // namespace millrace::testing
