#include "server/observation/statistics.h"

#include <algorithm>
#include <utility>

namespace millrace {

namespace {
constexpr std::string_view others = "(others)";
constexpr std::chrono::minutes turn_interval{1};
}  // namespace

std::string_view metric_kind_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return "counter";
    case MetricKind::gauge:
      return "gauge";
    case MetricKind::timer:
      return "timer";
  }
  return "";
}

Statistics::Kept& Statistics::kept(MetricKind kind, std::string_view name, std::string_view operation,
                                   std::string_view object, Clock::time_point since) {
  if (!object.empty() && !objects_.contains(object) && objects_.size() >= objects_max_) object = others;
  const auto [at, added] = metrics_.try_emplace({std::string(name), std::string(operation), std::string(object)});
  if (added) {
    at->second.kind = kind;
    at->second.since = since;
    if (kind == MetricKind::timer) at->second.times = std::make_unique<Histogram>();
    if (!object.empty()) ++objects_[std::string(object)];
  }
  return at->second;
}

void Statistics::count(std::string_view name, std::string_view operation, std::string_view object, uint64_t by) {
  const std::lock_guard lock(mutex_);
  kept(MetricKind::counter, name, operation, object, Clock::now()).value += static_cast<double>(by);
}

void Statistics::time(std::string_view name, std::string_view operation, std::string_view object,
                      std::chrono::microseconds duration) {
  const std::lock_guard lock(mutex_);
  kept(MetricKind::timer, name, operation, object, Clock::now())
      .times->add(static_cast<uint64_t>(std::max<int64_t>(0, duration.count())));
}

void Statistics::set(MetricKind kind, std::string_view name, std::string_view operation, std::string_view object,
                     double value) {
  const std::lock_guard lock(mutex_);
  // What is set cannot be counted together.
  if (!object.empty() && !objects_.contains(object) && objects_.size() >= objects_max_) return;
  kept(kind, name, operation, object, ticked_).value = value;  // it came at some time since
}

void Statistics::forget(std::string_view object) {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(object);
  if (found == objects_.end()) return;
  objects_.erase(found);
  std::erase_if(metrics_, [&](const auto& metric) { return metric.first.object == object; });
}

void Statistics::tick() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const std::chrono::duration<double> passed = now - std::exchange(ticked_, now);
  const bool turn = now - turned_ >= turn_interval;
  if (turn) turned_ = now;
  for (auto& [name, metric] : metrics_) {
    const double value = metric.times ? static_cast<double>(metric.times->summary().count) : metric.value;
    const double grown = std::max(0.0, value - std::exchange(metric.value_at_tick, value));
    // Its first interval began with its first event.
    metric.rate.update(static_cast<uint64_t>(grown),
                       std::min<std::chrono::duration<double>>(passed, now - metric.since));
    if (turn && metric.times) metric.times->turn();
  }
}

std::vector<Metric> Statistics::metrics() const {
  const std::lock_guard lock(mutex_);
  std::vector<Metric> all;
  all.reserve(metrics_.size());
  const auto now = Clock::now();
  for (const auto& [name, kept] : metrics_) {
    Metric& metric = all.emplace_back();
    metric.name = name;
    metric.kind = kept.kind;
    metric.value = kept.value;
    if (kept.times) metric.times = kept.times->summary();
    if (kept.kind == MetricKind::gauge) continue;
    metric.rate_1 = kept.rate.one();
    metric.rate_5 = kept.rate.five();
    metric.rate_15 = kept.rate.fifteen();
    const double seconds = std::chrono::duration<double>(now - kept.since).count();
    const double total = kept.times ? static_cast<double>(metric.times.count) : kept.value;
    metric.rate_mean = seconds > 0 ? total / seconds : 0;
  }
  return all;
}

}  // namespace millrace
