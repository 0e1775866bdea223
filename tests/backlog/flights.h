// The flights that the backlog test feeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::testing {

struct Flight {
  int64_t time = 0;  // of departure, in milliseconds
  std::string origin, destination;
  int32_t distance = 0;  // miles
  int32_t delay = 0;     // minutes
};

// The lines of tests/backlog/flights, in their order, which is that of time. Throws std::runtime_error.
std::vector<Flight> read_flights(const std::string& path);

}  // namespace millrace::testing
