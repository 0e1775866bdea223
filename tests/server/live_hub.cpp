// Live subscriptions over a fake engine: what is kept of them.
#include "server/live/live_hub.h"

#include <gtest/gtest.h>

#include "tests/server/fake_engine.h"

namespace millrace {
namespace {

using namespace std::chrono_literals;

class Sink final : public LiveSink {
 public:
  void send(Event, std::string_view, const std::shared_ptr<const std::string>&, std::string_view) override {}
  size_t pending() const override { return 0; }
  void on_drained(size_t, std::function<void()> callback) override { callback(); }
  void finish() override {}
};

template <class F>
bool wait(F&& condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
  return condition();
}

TEST(LiveHubTest, WhatHasEndedIsForgottenBeforeItsNextProgress) {
  FakeEngine engine;
  LiveHub hub(engine, {}, 2);
  std::vector<std::weak_ptr<LiveSink>> sinks;
  std::vector<std::shared_ptr<LiveSubscription>> kept;
  for (int i = 0; i < 100; ++i) {
    LiveRequest request;
    request.sql = i % 10 == 0 ? "BAD" : "SELECT";
    request.progress = 1h;
    const auto sink = std::make_shared<Sink>();
    sinks.push_back(sink);
    kept.push_back(hub.subscribe(std::move(request), "", sink));
    if (i % 3 == 0) kept.back()->cancel(std::nullopt);  // before it has begun, or after
  }
  EXPECT_TRUE(wait([&] { return hub.subscriptions() <= 60; })) << hub.subscriptions();
  EXPECT_EQ(hub.subscriptions(), 60U);
  for (const auto& subscription : kept) subscription->cancel(std::nullopt);
  EXPECT_TRUE(wait([&] { return hub.subscriptions() == 0; })) << hub.subscriptions();
  kept.clear();
  for (const auto& sink : sinks) EXPECT_TRUE(wait([&] { return sink.expired(); }));
}

}  // namespace
}  // namespace millrace
