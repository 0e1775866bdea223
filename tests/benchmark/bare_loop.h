// What cannot be saved: adding up rows of rows.h by key.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::benchmark {

// simdjson and a hash table, without an allocation per row: COUNT(*) and SUM(delay) by airport.
class BareLoop {
 public:
  // `keys`: how many different ones come.
  explicit BareLoop(size_t keys);

  // What is no such row is passed over.
  void add(std::string_view record);

 private:
  struct Slot {
    uint64_t hash = 0;
    int64_t count = 0, sum = 0;
  };

  std::string scratch_;
  simdjson::ondemand::parser parser_;
  std::vector<Slot> slots_;
};

}  // namespace millrace::benchmark
