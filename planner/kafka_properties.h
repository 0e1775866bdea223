// Names of settings that statements written for ksqlDB bring along.
#pragma once

#include <string_view>

namespace millrace {

// Of ksqlDB itself (ksql.…), or of Kafka Streams and the clients below it, as Kafka 4.1's configuration reference lists
// them, with or without ksql.streams. and a client's prefix. They say how another engine is to work, not what comes
// out.
bool is_kafka_property(std::string_view name);

}  // namespace millrace
