#include "server/live/live_hub.h"

namespace millrace {

namespace {

using Clock = std::chrono::steady_clock;

// Subscriptions of the same text and properties get the same rows, while the names in it stand for the same.
std::string share_key(const LiveRequest& request, uint64_t definitions) {
  std::string key = std::to_string(definitions) + " " + request.sql;
  for (const auto& [name, value] : request.session.properties)
    key.append(1, '\0').append(name).append("=").append(value);
  return key;
}

}  // namespace

LiveHub::LiveHub(Engine& engine, LiveLimits limits, size_t threads)
    : engine_(engine), limits_(std::move(limits)), lanes_(threads), opening_(lanes_.make_lane()), clock_([this] {
        keep_time();
      }) {}

LiveHub::~LiveHub() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  due_changed_.notify_all();
  clock_.join();
  lanes_.stop();
  for (const auto& weak : feeds_)
    if (const auto feed = weak.lock()) feed->abandon();
}

std::shared_ptr<LiveSubscription> LiveHub::subscribe(LiveRequest request, const std::string& label,
                                                     std::shared_ptr<LiveSink> sink) {
  if (limits_.memory->used_up()) throw limits_.used_up_error();
  const auto reopen = [this](const Subscription& subscription) {
    opening_->post([this, subscription] { open(subscription); });
  };
  const auto ended = [this](const Subscription& subscription) { forget(subscription); };
  auto subscription = std::make_shared<LiveSubscription>(std::move(request), label, std::move(sink), reopen, ended);
  {
    const std::lock_guard lock(mutex_);
    dues_[subscription.get()] = due_.emplace(Clock::now() + subscription->interval(), subscription);
  }
  due_changed_.notify_all();
  reopen(subscription);
  return subscription;
}

void LiveHub::forget(const Subscription& subscription) {
  const std::lock_guard lock(mutex_);
  const auto found = dues_.find(subscription.get());
  if (found == dues_.end()) return;
  due_.erase(found->second);
  dues_.erase(found);
}

size_t LiveHub::subscriptions() const {
  const std::lock_guard lock(mutex_);
  return due_.size();
}

// On the lane of openings: of two that may share a feed one comes first.
void LiveHub::open(const Subscription& subscription) {
  try {
    const bool may_share = subscription->cursor().empty();
    const std::string shared_as = may_share ? share_key(subscription->request(), engine_.definitions()) : "";
    if (may_share) {
      const std::lock_guard lock(mutex_);
      if (const auto found = shared_.find(shared_as); found != shared_.end())
        if (const auto feed = found->second.lock()) return attach(feed, subscription);
    }
    attach(make_feed(*subscription, shared_as), subscription);
  } catch (const Error& error) {
    subscription->refuse(error);
  }
}

void LiveHub::attach(const std::shared_ptr<LiveFeed>& feed, const Subscription& subscription) {
  feed->lane().post([this, feed, subscription] {
    // It has ended in between.
    if (!subscription->attach(feed)) opening_->post([this, subscription] { open(subscription); });
  });
}

std::shared_ptr<LiveFeed> LiveHub::make_feed(const LiveSubscription& subscription, const std::string& shared_as) {
  Session session = subscription.request().session;
  std::optional<std::vector<Position>> from;
  if (!subscription.cursor().empty()) from = read_cursor(subscription.cursor());
  auto result = engine_.follow(session, subscription.request().sql, from);
  const ResultShape shape = result->shape();
  // One that waits must be able to read on by itself once it is behind the others.
  const bool shared =
      !shared_as.empty() && shape.shareable && (subscription.request().slow != SlowPolicy::wait || shape.resumable);
  auto ended = [this, shared, shared_as] {
    if (!shared) return;
    const std::lock_guard lock(mutex_);
    shared_.erase(shared_as);
  };
  const bool waits = !shared && subscription.request().slow == SlowPolicy::wait;
  auto feed =
      std::make_shared<LiveFeed>(lanes_.make_lane(), std::move(result), waits, !from, limits_, std::move(ended));
  const std::lock_guard lock(mutex_);
  std::erase_if(feeds_, [](const auto& weak) { return weak.expired(); });
  feeds_.push_back(feed);
  if (shared) shared_[shared_as] = feed;
  return feed;
}

void LiveHub::keep_time() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (due_.empty()) {
      due_changed_.wait(lock);
      continue;
    }
    const auto next = due_.begin();
    if (const Clock::time_point time = next->first; time > Clock::now()) {  // a copy: the entry may go meanwhile
      due_changed_.wait_until(lock, time);
      continue;
    }
    const Subscription subscription = next->second;
    due_.erase(next);
    dues_[subscription.get()] = due_.emplace(Clock::now() + subscription->interval(), subscription);
    lock.unlock();
    // Between two feeds it has none.
    if (const auto feed = subscription->feed()) subscription->post(feed, [](LiveSubscription& due) { due.tick(); });
    lock.lock();
  }
}

}  // namespace millrace
