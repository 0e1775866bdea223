#include "connectors/block_log/commit_queue.h"

#include <exception>
#include <future>

namespace millrace {

namespace {
// The longest that unhurried requests wait for others: a write to the disk costs as much as a hundred rows.
constexpr std::chrono::milliseconds linger{5};
}  // namespace

CommitQueue::CommitQueue(Handler handler, bool threaded, size_t group_bytes_max)
    : handler_(std::move(handler)), group_bytes_max_(group_bytes_max), threaded_(threaded) {
  if (threaded_) thread_ = std::thread([this] { run_thread(); });
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
  const bool hurries = item.hurries();
  const bool wake = hurries || items_.empty();  // a thread that waits for more is not woken by an unhurried one
  hurried_ += hurries ? 1 : 0;
  items_.push_back(std::move(item));
  if (threaded_) {
    lock.unlock();
    if (wake) arrived_.notify_one();
  } else {
    while (worker_ == std::thread::id() && !items_.empty()) work(lock);
  }
}

void CommitQueue::run_thread() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [this] { return ending_ || !items_.empty(); });
    if (items_.empty()) return;
    arrived_.wait_for(lock, linger, [this] { return ending_ || hurried_ > 0; });
    work(lock);
  }
}

void CommitQueue::work(std::unique_lock<std::mutex>& lock) {
  worker_ = std::this_thread::get_id();
  if (items_.front().task) {
    const auto task = take_first().task;
    lock.unlock();
    task();
  } else {
    auto group = take_group();
    lock.unlock();
    handler_(std::move(group));
  }
  lock.lock();
  worker_ = {};
}

CommitQueue::Item CommitQueue::take_first() {
  Item item = std::move(items_.front());
  items_.pop_front();
  if (item.hurries()) --hurried_;
  return item;
}

// What would be refused for want of room takes nothing down that would not.
std::vector<CommitRequest> CommitQueue::take_group() {
  const auto from_reserve = [this] { return items_.front().request.kind == AppendKind::from_reserve; };
  std::vector<CommitRequest> group;
  size_t bytes = 0;
  const bool of_reserve = from_reserve();
  while (!items_.empty() && !items_.front().task && (group.empty() || bytes < group_bytes_max_) &&
         from_reserve() == of_reserve) {
    for (const RecordBlock& block : items_.front().request.blocks) bytes += block.bytes();
    group.push_back(take_first().request);
  }
  return group;
}

}  // namespace millrace
