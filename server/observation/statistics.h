// What the server counts of itself.
#pragma once

#include <chrono>
#include <compare>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/observation/histogram.h"

namespace millrace {

enum class MetricKind {
  counter,  // grows; with rates
  gauge,    // is what it is
  timer,    // durations in microseconds, with rates and quantiles
};

// "counter" and so on.
std::string_view metric_kind_name(MetricKind kind);

struct MetricName {
  std::string name;                                     // "requests"
  std::string operation;                                // of what; may be empty
  std::string object;                                   // the stream, table or query; may be empty
  auto operator<=>(const MetricName&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 misreads it
};

struct Metric {
  MetricName name;
  MetricKind kind = MetricKind::counter;
  double value = 0;  // of counters and gauges
  Histogram::Summary times;
  double rate_1 = 0, rate_5 = 0, rate_15 = 0, rate_mean = 0;  // a second
};

// Safe to use from any thread. Where there are more objects than `objects_max`, further ones are counted together.
class Statistics {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Statistics(size_t objects_max = 1000) : objects_max_(objects_max) {}

  void count(std::string_view name, std::string_view operation, std::string_view object, uint64_t by = 1);
  void time(std::string_view name, std::string_view operation, std::string_view object,
            std::chrono::microseconds duration);
  // A counter that is kept elsewhere, or a gauge.
  void set(MetricKind kind, std::string_view name, std::string_view operation, std::string_view object, double value);
  // Its metrics go, such as those of a query that ended.
  void forget(std::string_view object);

  // At intervals: rates are brought up to date.
  void tick();
  // In the order of their names.
  std::vector<Metric> metrics() const;

 private:
  struct Kept {
    MetricKind kind = MetricKind::counter;
    double value = 0;
    double value_at_tick = 0;
    std::unique_ptr<Histogram> times;
    Rate rate;
    Clock::time_point since;
  };

  // `since`: from when on it is counted, where it is new.
  Kept& kept(MetricKind kind, std::string_view name, std::string_view operation, std::string_view object,
             Clock::time_point since);

  const size_t objects_max_;
  mutable std::mutex mutex_;
  std::map<MetricName, Kept> metrics_;
  std::map<std::string, size_t, std::less<>> objects_;  // metrics of each
  Clock::time_point ticked_ = Clock::now();
  Clock::time_point turned_ = Clock::now();
};

}  // namespace millrace
