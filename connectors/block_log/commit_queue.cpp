#include "connectors/block_log/commit_queue.h"

#include <exception>
#include <future>

namespace millrace {

CommitQueue::CommitQueue(Handler handler, bool threaded, size_t group_bytes_max)
    : handler_(std::move(handler)), group_bytes_max_(group_bytes_max), threaded_(threaded) {
  if (!threaded_) return;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [this] { return ending_ || !items_.empty(); });
      if (items_.empty()) return;
      work(lock);
    }
  });
}

CommitQueue::~CommitQueue() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  arrived_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CommitQueue::push(CommitRequest request) { enqueue({std::move(request), nullptr}); }

void CommitQueue::run(const std::function<void()>& task) {
  {
    std::unique_lock lock(mutex_);
    if (worker_ == std::this_thread::get_id()) {
      lock.unlock();
      task();
      return;
    }
  }
  auto done = std::make_shared<std::promise<void>>();
  auto result = done->get_future();
  enqueue({{}, [done, &task] {
             try {
               task();
               done->set_value();
             } catch (...) {
               done->set_exception(std::current_exception());
             }
           }});
  result.get();
}

void CommitQueue::enqueue(Item item) {
  std::unique_lock lock(mutex_);
  items_.push_back(std::move(item));
  if (threaded_) {
    lock.unlock();
    arrived_.notify_one();
  } else if (worker_ == std::thread::id()) {
    work(lock);
  }
}

void CommitQueue::work(std::unique_lock<std::mutex>& lock) {
  worker_ = std::this_thread::get_id();
  while (!items_.empty()) {
    if (items_.front().task) {
      auto task = std::move(items_.front().task);
      items_.pop_front();
      lock.unlock();
      task();
    } else {
      auto group = take_group();
      lock.unlock();
      handler_(std::move(group));
    }
    lock.lock();
  }
  worker_ = {};
}

// What would be refused for want of room takes nothing down that would not.
std::vector<CommitRequest> CommitQueue::take_group() {
  std::vector<CommitRequest> group;
  size_t bytes = 0;
  const bool from_reserve = items_.front().request.from_reserve;
  while (!items_.empty() && !items_.front().task && (group.empty() || bytes < group_bytes_max_) &&
         items_.front().request.from_reserve == from_reserve) {
    for (const RecordBlock& block : items_.front().request.blocks) bytes += block.bytes();
    group.push_back(std::move(items_.front().request));
    items_.pop_front();
  }
  return group;
}

}  // namespace millrace
