// Rates that forget, against the averages they stand for.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "server/observation/histogram.h"

namespace millrace {
namespace {

using Seconds = std::chrono::duration<double>;

struct Interval {
  uint64_t events;
  double seconds;
};

// What each interval had, weighed by e^(-age / 60 s) over its length.
double weighed(const std::vector<Interval>& intervals) {
  double age = 0, sum = 0, weights = 0;
  for (auto at = intervals.rbegin(); at != intervals.rend(); ++at) {
    const double weight = std::exp(-age / 60) - std::exp(-(age + at->seconds) / 60);
    sum += weight * static_cast<double>(at->events) / at->seconds;
    weights += weight;
    age += at->seconds;
  }
  return sum / weights;
}

TEST(Rates, AreAveragesThatForget) {
  Rate rate;
  std::vector<Interval> intervals;
  for (int i = 0; i < 100; ++i) {
    intervals.push_back({static_cast<uint64_t>(i * i % 700), 0.5 + i % 7});
    rate.update(intervals.back().events, Seconds(intervals.back().seconds));
    ASSERT_NEAR(rate.one(), weighed(intervals), 1e-6 * rate.one()) << i;
  }
}

TEST(Rates, AFirstMomentDoesNotStay) {
  for (const uint64_t first : {0U, 100U, 5000U}) {
    Rate rate;
    rate.update(first, Seconds(0.001));
    for (int i = 0; i < 12; ++i) rate.update(5000, Seconds(5));
    EXPECT_NEAR(rate.one(), 1000, 50) << first;
    EXPECT_NEAR(rate.five(), 1000, 90) << first;
  }
}

TEST(Rates, OfNothing) {
  Rate rate;
  EXPECT_EQ(rate.one(), 0);
  rate.update(7, Seconds(0));
  EXPECT_EQ(rate.fifteen(), 0);
}

}  // namespace
}  // namespace millrace
