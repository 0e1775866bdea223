// Comparing short texts in hot loops.
#pragma once

#include <cstdint>
#include <cstring>

namespace millrace {

// memcmp for some bytes only, without the call.
inline bool same_bytes(const char* a, const char* b, size_t size) {
  const auto differ = [&](size_t at, auto word) {
    auto other = word;
    std::memcpy(&word, a + at, sizeof word);
    std::memcpy(&other, b + at, sizeof other);
    return word != other;
  };
  // The last word overlaps the one before.
  if (size >= 8) {
    for (size_t at = 0; at < size - 8; at += 8)
      if (differ(at, uint64_t{})) return false;
    return !differ(size - 8, uint64_t{});
  }
  if (size >= 4) return !differ(0, uint32_t{}) && !differ(size - 4, uint32_t{});
  for (size_t at = 0; at < size; ++at)
    if (a[at] != b[at]) return false;
  return true;
}

}  // namespace millrace
