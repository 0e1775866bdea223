// The broker that the tests share, and logs on it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "connectors/kafka_log.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

// HOST:PORT of the broker: tests/kafka/broker wrote it to the folder that KAFKA_BROKER_DIRECTORY names.
std::string broker_address();

uint16_t broker_port();

KafkaLogOptions kafka_options();
// On a broker without topics.
std::unique_ptr<Log> open_empty_kafka(KafkaLogOptions options = kafka_options());

// What other programs ask of the broker. Throw std::runtime_error.
//
// The topic has `count` partitions from then on.
void set_partitions(const std::string& topic, int32_t count);
// The value of a topic's setting, such as "retention.ms".
std::string topic_setting(const std::string& topic, const std::string& name);
// Where a consumer group is, by topic and partition.
std::map<std::pair<std::string, int32_t>, int64_t> group_offsets(const std::string& group);

}  // namespace millrace::testing
