#include "server/observation/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace millrace {

// Below 2^detail_bits a bucket for each value; above, as many for each power of two.
size_t Histogram::bucket_of(uint64_t value) {
  value = std::min(value, (uint64_t{1} << 42) - 1);
  if (value < (uint64_t{1} << detail_bits)) return static_cast<size_t>(value);
  const int power = static_cast<int>(std::bit_width(value)) - 1;
  const uint64_t detail = (value >> (power - detail_bits)) & ((1U << detail_bits) - 1);
  return (static_cast<size_t>(power - detail_bits + 1) << detail_bits) + static_cast<size_t>(detail);
}

double Histogram::middle_of(size_t bucket) {
  constexpr size_t details = size_t{1} << detail_bits;
  if (bucket < details) return static_cast<double>(bucket);
  const size_t power = (bucket >> detail_bits) - 1;
  const auto low = static_cast<double>((details + (bucket & (details - 1))) << power);
  return low + static_cast<double>((uint64_t{1} << power) - 1) / 2;
}

void Histogram::add(uint64_t value) {
  const auto number = static_cast<double>(value);
  ++count_;
  sum_ += number;
  ++now_.counts[bucket_of(value)];
  now_.min = now_.count == 0 ? value : std::min(now_.min, value);
  now_.max = std::max(now_.max, value);
  ++now_.count;
  now_.sum += number;
  now_.squares += number * number;
}

void Histogram::turn() {
  before_ = now_;
  now_ = {};
}

Histogram::Summary Histogram::summary() const {
  Summary summary;
  summary.count = count_;
  summary.sum = sum_;
  const uint64_t count = now_.count + before_.count;
  if (count == 0) return summary;
  summary.min = static_cast<double>(now_.count == 0      ? before_.min
                                    : before_.count == 0 ? now_.min
                                                         : std::min(now_.min, before_.min));
  summary.max = static_cast<double>(std::max(now_.max, before_.max));
  const auto number = static_cast<double>(count);
  summary.mean = (now_.sum + before_.sum) / number;
  summary.deviation = std::sqrt(std::max(0.0, (now_.squares + before_.squares) / number - summary.mean * summary.mean));
  struct Wanted {
    double part;
    double* value;
  };
  const Wanted wanted[] = {{0.5, &summary.p50},  {0.75, &summary.p75}, {0.95, &summary.p95},
                           {0.98, &summary.p98}, {0.99, &summary.p99}, {0.999, &summary.p999}};
  uint64_t passed = 0;
  size_t next = 0;
  for (size_t bucket = 0; bucket < bucket_count && next < std::size(wanted); ++bucket) {
    passed += now_.counts[bucket] + before_.counts[bucket];
    while (next < std::size(wanted) && static_cast<double>(passed) >= std::ceil(wanted[next].part * number))
      *wanted[next++].value = std::clamp(middle_of(bucket), summary.min, summary.max);
  }
  return summary;
}

void Rate::update(uint64_t events, std::chrono::duration<double> passed) {
  if (passed.count() <= 0) return;
  const double rate = static_cast<double>(events) / passed.count();
  constexpr std::array<double, 3> seconds = {60, 300, 900};
  for (size_t i = 0; i < seconds.size(); ++i) {
    const double weight = 1 - std::exp(-passed.count() / seconds[i]);
    sums_[i] += weight * (rate - sums_[i]);
    weights_[i] += weight * (1 - weights_[i]);
  }
}

double Rate::average(size_t i) const { return weights_[i] > 0 ? sums_[i] / weights_[i] : 0; }

}  // namespace millrace
