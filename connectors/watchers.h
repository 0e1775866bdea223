// Who wants to hear of changes of topics.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "runtime/log.h"

namespace millrace {

// Safe to call from any thread.
class Watchers {
 public:
  // The handle ends the watch: its destruction waits for a call in progress, unless it happens within that call.
  std::shared_ptr<void> add(Log::Watcher watcher);
  void call(std::span<const TopicId> topics);

 private:
  struct Watch {
    std::recursive_mutex calling;
    bool ended = false;
    Log::Watcher watcher;
  };

  std::mutex mutex_;
  std::vector<std::weak_ptr<Watch>> watches_;
};

}  // namespace millrace
