// Everything that changes a log, in one line: commits and appends in groups, other tasks one by one.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "runtime/log.h"

namespace millrace {

struct CommitRequest {
  std::string writer;
  uint64_t owner = 0;  // which opening of the writer id it comes from
  std::vector<RecordBlock> blocks;
  AppendKind kind = AppendKind::prompt;
  CommitDone done;
};

// With a thread of its own, requests that come while a group is handled make up the next group; where there are none
// but unhurried ones, it waits a little for more. Without one, the caller that finds the queue idle works it off, so a
// sole caller sees every request done when its call returns. Thread-safe.
class CommitQueue {
 public:
  using Handler = std::function<void(std::vector<CommitRequest>)>;

  CommitQueue(Handler handler, bool threaded, size_t group_bytes_max);
  // Handles what is queued.
  ~CommitQueue();
  CommitQueue(const CommitQueue&) = delete;
  CommitQueue& operator=(const CommitQueue&) = delete;

  void push(CommitRequest request);
  // Waits until the task has run in its turn, and throws what it throws. Called from within a handler or a task, which
  // is its turn, runs it at once.
  void run(const std::function<void()>& task);

 private:
  struct Item {
    CommitRequest request;
    std::function<void()> task;  // set: this, and no request

    bool hurries() const { return task || request.kind != AppendKind::unhurried; }
  };

  void enqueue(Item item);
  void run_thread();
  // The first ones, as many as go together.
  void work(std::unique_lock<std::mutex>& lock);
  Item take_first();
  std::vector<CommitRequest> take_group();

  Handler handler_;
  const size_t group_bytes_max_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Item> items_;
  size_t hurried_ = 0;  // of them
  bool threaded_;
  bool ending_ = false;
  std::thread::id worker_;  // who handles items now; none: nobody
  std::thread thread_;
};

}  // namespace millrace
