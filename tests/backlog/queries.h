// What is asked about the flights, and what must come out.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/record_block.h"
#include "tests/backlog/flights.h"

namespace millrace::testing {

// Of rows as texts, whatever their order.
struct Digest {
  int64_t rows = 0;
  uint64_t sum = 0;  // of the rows' hashes

  void add(std::string_view row);
  bool operator==(const Digest&) const = default;
};

struct BacklogQuery {
  std::string name;
  std::string statement;
  std::string topic;   // of its result
  bool table = false;  // its rows are the last records of each key
  bool final = false;  // each key comes once
  int64_t known = 0;   // how many rows there must be, as other people have found
  double cpu_aim = 0;  // seconds of the process, on Kafka; 0: none was set
  Digest (*expected)(std::span<const Flight>);
  // A record of the result as expected() writes rows.
  std::string (*row)(Bytes key, Bytes value);
};

std::span<const BacklogQuery> backlog_queries();

// Over the topic "flights".
std::string create_flights();
// A record of it: the key is the flight's origin, the time its departure.
std::string flight_value(const Flight& flight);

}  // namespace millrace::testing
