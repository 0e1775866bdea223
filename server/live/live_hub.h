// All live subscriptions of a server: which of them share a feed, and their clock.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "runtime/lane.h"
#include "server/live/live_subscription.h"

namespace millrace {

// Safe to call from any thread. Goes after the front, whose sinks it calls, and before the engine.
class LiveHub {
 public:
  LiveHub(Engine& engine, LiveLimits limits, size_t threads);
  ~LiveHub();

  // Whatever becomes of it is told to the sink. Throws Error{quota_exceeded} where there is no room for its changes.
  // `label` begins each of its events, such as "\"id\":\"x\",".
  std::shared_ptr<LiveSubscription> subscribe(LiveRequest request, const std::string& label,
                                              std::shared_ptr<LiveSink> sink);
  // What a transport does in order, one thing after the other, without a thread of its own.
  std::shared_ptr<Lane> make_lane() { return lanes_.make_lane(); }

  size_t subscriptions() const;                             // that were opened and have not ended
  size_t bytes() const { return limits_.memory->bytes(); }  // that all feeds hold

 private:
  using Subscription = std::shared_ptr<LiveSubscription>;

  void open(const Subscription& subscription);
  void attach(const std::shared_ptr<LiveFeed>& feed, const Subscription& subscription);
  std::shared_ptr<LiveFeed> make_feed(const LiveSubscription& subscription, const std::string& shared_as);
  void forget(const Subscription& subscription);
  void keep_time();

  Engine& engine_;
  const LiveLimits limits_;
  LanePool lanes_;
  const std::shared_ptr<Lane> opening_;

  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<LiveFeed>> shared_;  // by text and properties
  std::vector<std::weak_ptr<LiveFeed>> feeds_;
  using Due = std::multimap<std::chrono::steady_clock::time_point, Subscription>;
  Due due_;
  std::unordered_map<LiveSubscription*, Due::iterator> dues_;  // each one's place, until it ends
  std::condition_variable due_changed_;
  bool ending_ = false;
  std::thread clock_;
};

}  // namespace millrace
