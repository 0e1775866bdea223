// Rung when something has arrived: wakes readers that wait, and tells the log's own thread which topics moved.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "runtime/log.h"

namespace millrace {

// Safe to call from any thread; holds no other lock while it holds its own.
class KafkaBell {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  void ring(TopicId topic);
  // Rings for the topic when the time has come.
  void ring_at(TopicId topic, TimePoint time);
  // Wakes who waits without saying that a topic moved.
  void wake();

  // How often it was rung; wait() returns when that has changed since, or at the deadline.
  uint64_t count() const;
  void wait(uint64_t since, TimePoint deadline);

  // The topics rung for since the last call; waits for one up to the deadline.
  std::vector<TopicId> take(TimePoint deadline);

 private:
  mutable std::mutex mutex_;
  std::condition_variable rung_;
  uint64_t count_ = 0;
  std::set<TopicId> topics_;
  std::multimap<TimePoint, TopicId> later_;
};

}  // namespace millrace
