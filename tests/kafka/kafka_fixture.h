// The broker that the tests share, and logs on it.
#pragma once

#include <memory>
#include <string>

#include "connectors/kafka_log.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

// HOST:PORT of the broker: tests/kafka/broker wrote it to the folder that KAFKA_BROKER_DIRECTORY names.
std::string broker_address();

uint16_t broker_port();

KafkaLogOptions kafka_options();
// On a broker without topics.
std::unique_ptr<Log> open_empty_kafka(KafkaLogOptions options = kafka_options());

}  // namespace millrace::testing
