#include "tests/benchmark/bare_loop.h"

#include <xxhash.h>

#include <cstring>

namespace millrace::benchmark {

BareLoop::BareLoop(size_t keys) : slots_(keys * 4) {}

void BareLoop::add(std::string_view record) {
  if (scratch_.size() < record.size() + simdjson::SIMDJSON_PADDING)
    scratch_.resize(record.size() + simdjson::SIMDJSON_PADDING, ' ');
  std::memcpy(scratch_.data(), record.data(), record.size());
  auto document = parser_.iterate(scratch_.data(), record.size(), scratch_.size());
  std::string_view airport;
  int64_t delay = 0;
  if (document.find_field("AIRPORT").get_string().get(airport) != simdjson::SUCCESS ||
      document.find_field("DELAY").get_int64().get(delay) != simdjson::SUCCESS)
    return;
  const uint64_t hash = XXH3_64bits(airport.data(), airport.size()) | 1;
  size_t slot = hash % slots_.size();
  while (slots_[slot].hash != 0 && slots_[slot].hash != hash) slot = (slot + 1) % slots_.size();
  slots_[slot].hash = hash;
  ++slots_[slot].count;
  slots_[slot].sum += delay;
}

}  // namespace millrace::benchmark
