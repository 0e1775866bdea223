#include "runtime/lane.h"

namespace millrace {

LanePool::LanePool(size_t threads) {
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

LanePool::~LanePool() { stop(); }

void LanePool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  const std::deque<std::shared_ptr<Lane>> dropped = std::move(ready_);
  ready_.clear();
  for (const auto& lane : dropped) lane->drop();
}

std::shared_ptr<Lane> LanePool::make_lane() { return std::make_shared<Lane>(*this); }

bool LanePool::enqueue(std::shared_ptr<Lane> lane) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    ready_.push_back(std::move(lane));
  }
  changed_.notify_one();
  return true;
}

void LanePool::run() {
  for (;;) {
    std::shared_ptr<Lane> lane;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
      if (stopping_) return;
      lane = std::move(ready_.front());
      ready_.pop_front();
    }
    if (lane->run_one() && !enqueue(lane)) lane->drop();
  }
}

void Lane::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (enqueued_) return;
    enqueued_ = true;
  }
  if (!pool_.enqueue(shared_from_this())) drop();
}

void Lane::drop() {
  std::deque<std::function<void()>> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
    enqueued_ = false;  // a later task finds that the pool has stopped, and goes too
  }
}

bool Lane::run_one() {
  std::function<void()> task;
  {
    const std::lock_guard lock(mutex_);
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task();
  task = nullptr;
  const std::lock_guard lock(mutex_);
  enqueued_ = !tasks_.empty();
  return enqueued_;
}

}  // namespace millrace
