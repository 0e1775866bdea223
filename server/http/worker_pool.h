// Threads for what may wait: handlers of routes run here, not on the thread of the connections.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

// Safe to use from any thread. What is queued is bounded by the number of connections, each of which has at most one
// handler and one body waiting.
class WorkerPool {
 public:
  using Job = std::function<void()>;  // must not throw

  explicit WorkerPool(size_t threads);
  // stop() must have been called.
  ~WorkerPool();

  // False after stop(): the job is dropped.
  bool submit(Job job);
  // Runs what is queued to its end. Not on a worker.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace millrace
