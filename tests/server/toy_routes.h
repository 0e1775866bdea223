// Routes that show what the front does, without an engine.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "runtime/error.h"
#include "server/http/route_table.h"

namespace millrace {

// What the toys and a test say to each other.
class Toys {
 public:
  std::atomic<size_t> pending_max = 0;

  void let_go() { set(let_go_); }
  void wait_let_go() { wait(let_go_, std::chrono::seconds(10)); }
  void set_closed() { set(closed_); }
  bool wait_closed(std::chrono::milliseconds time) { return wait(closed_, time); }

 private:
  void set(bool& flag) {
    const std::lock_guard lock(mutex_);
    flag = true;
    changed_.notify_all();
  }
  bool wait(const bool& flag, std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [&] { return flag; });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool let_go_ = false;
  bool closed_ = false;
};

RouteTable toy_routes(Toys& toys);

}  // namespace millrace
