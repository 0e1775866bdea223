#include "connectors/kafka/kafka_bell.h"

#include <algorithm>

namespace millrace {

void KafkaBell::ring(TopicId topic) {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
    topics_.insert(topic);
  }
  rung_.notify_all();
}

void KafkaBell::ring_at(TopicId topic, TimePoint time) {
  const std::lock_guard lock(mutex_);
  for (auto [at, end] = later_.equal_range(time); at != end; ++at)
    if (at->second == topic) return;
  later_.emplace(time, topic);
  rung_.notify_all();
}

void KafkaBell::wake() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  rung_.notify_all();
}

uint64_t KafkaBell::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void KafkaBell::wait(uint64_t since, TimePoint deadline) {
  std::unique_lock lock(mutex_);
  rung_.wait_until(lock, deadline, [&] { return count_ != since; });
}

std::vector<TopicId> KafkaBell::take(TimePoint deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    while (!later_.empty() && later_.begin()->first <= now) {
      topics_.insert(later_.begin()->second);
      later_.erase(later_.begin());
      ++count_;
      rung_.notify_all();
    }
    if (!topics_.empty() || now >= deadline) break;
    rung_.wait_until(lock, later_.empty() ? deadline : std::min(deadline, later_.begin()->first));
  }
  std::vector<TopicId> taken(topics_.begin(), topics_.end());
  topics_.clear();
  return taken;
}

}  // namespace millrace
