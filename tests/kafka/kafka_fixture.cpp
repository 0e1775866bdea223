#include "tests/kafka/kafka_fixture.h"

#include <cstdlib>
#include <fstream>

namespace millrace::testing {

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

}  // namespace millrace::testing
