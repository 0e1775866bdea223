// The distribution of durations, and rates that forget.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace millrace {

// Values from 0 to 2^42, counted in buckets that are at most 1/16 wide of what lies in them. Quantiles are of the last
// one to two minutes, count and sum of all. Not thread-safe.
class Histogram {
 public:
  struct Summary {
    uint64_t count = 0;  // of all
    double sum = 0;      // of all
    // Of the last one to two minutes; 0 where there was none.
    double min = 0, max = 0, mean = 0, deviation = 0;
    double p50 = 0, p75 = 0, p95 = 0, p98 = 0, p99 = 0, p999 = 0;
  };

  void add(uint64_t value);
  // Once a minute: what came before the last one is forgotten.
  void turn();
  Summary summary() const;

 private:
  static constexpr int detail_bits = 4;
  static constexpr size_t bucket_count = size_t{43 - detail_bits} << detail_bits;
  struct Window {
    std::array<uint32_t, bucket_count> counts{};
    uint64_t count = 0, min = 0, max = 0;
    double sum = 0, squares = 0;
  };
  static size_t bucket_of(uint64_t value);
  static double middle_of(size_t bucket);

  Window now_, before_;
  uint64_t count_ = 0;
  double sum_ = 0;
};

// Events a second, as averages that weigh what is older the less: over 1, 5 and 15 minutes, as the load of a Unix
// system is told. As long as less has passed they are over that: what a time weighs depends on its length and age only
// (the correction of Adam: Kingma and Ba, 2015), so that a short beginning does not stay in them. Not thread-safe.
class Rate {
 public:
  // What came in the time since the last call.
  void update(uint64_t events, std::chrono::duration<double> passed);
  double one() const { return average(0); }
  double five() const { return average(1); }
  double fifteen() const { return average(2); }

 private:
  double average(size_t i) const;

  std::array<double, 3> sums_{}, weights_{};
};

}  // namespace millrace
