// The parts of `benchmark kafka` that need the server as a process.
#pragma once

#include <string>

namespace millrace::benchmark {

// From a producer to a row at a client of the server, beside a bare consumer: of the stream, and after one and two
// queries.
void kafka_latency(const std::string& brokers);
// From the death of a server with 100 MB of state to the first new result of the next one.
void kafka_recovery(const std::string& brokers);

}  // namespace millrace::benchmark
