// Lanes on a pool of threads: tasks of one lane run one after the other, those of different lanes at the same time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

class Lane;

// Runs one task of a lane at a time and then takes the next lane, so that a busy lane delays the others by one task
// only.
class LanePool {
 public:
  explicit LanePool(size_t threads);
  ~LanePool();

  std::shared_ptr<Lane> make_lane();
  // Tasks in work are finished, the others dropped; what is posted afterwards is never run.
  void stop();

 private:
  friend class Lane;
  // False once the pool has stopped.
  bool enqueue(std::shared_ptr<Lane> lane);
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Lane>> ready_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// An idle lane owns no thread. Safe to call from any thread.
class Lane : public std::enable_shared_from_this<Lane> {
 public:
  explicit Lane(LanePool& pool) : pool_(pool) {}

  // The task must not throw. It keeps nothing alive but what it captures.
  void post(std::function<void()> task);

 private:
  friend class LanePool;
  // Runs the first task; whether there are more.
  bool run_one();
  // Tasks may own what owns the lane: they must go when nobody will run them.
  void drop();

  LanePool& pool_;
  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;
  bool enqueued_ = false;
};

}  // namespace millrace
