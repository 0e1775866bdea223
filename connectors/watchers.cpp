#include "connectors/watchers.h"

namespace millrace {

std::shared_ptr<void> Watchers::add(Log::Watcher watcher) {
  auto watch = std::make_shared<Watch>();
  watch->watcher = std::move(watcher);
  std::lock_guard lock(mutex_);
  std::erase_if(watches_, [](const auto& weak) { return weak.expired(); });
  watches_.push_back(watch);
  // The handle owns the watch and is not the watch: whoever calls it holds a share of the latter.
  return {watch.get(), [watch](void*) {
            std::lock_guard calling(watch->calling);
            watch->ended = true;
          }};
}

void Watchers::call(std::span<const TopicId> topics) {
  if (topics.empty()) return;
  std::vector<std::shared_ptr<Watch>> watches;
  {
    std::lock_guard lock(mutex_);
    for (const auto& weak : watches_) {
      if (auto watch = weak.lock()) watches.push_back(std::move(watch));
    }
  }
  for (const auto& watch : watches) {
    std::lock_guard calling(watch->calling);
    if (!watch->ended) watch->watcher(topics);
  }
}

}  // namespace millrace
