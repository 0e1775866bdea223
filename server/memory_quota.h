// Bytes that many hold in memory together.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace millrace {

// Safe to use from any thread.
class MemoryQuota {
 public:
  explicit MemoryQuota(size_t bytes_max) : bytes_max_(bytes_max) {}
  size_t bytes_max() const { return bytes_max_; }
  size_t bytes() const { return bytes_; }
  bool used_up() const { return bytes_ >= bytes_max_; }

 private:
  friend class MemoryShare;
  const size_t bytes_max_;
  std::atomic<size_t> bytes_ = 0;
};

// What one of them holds, given back when it goes. One call at a time.
class MemoryShare {
 public:
  MemoryShare() = default;  // holds nothing, ever
  explicit MemoryShare(std::shared_ptr<MemoryQuota> quota) : quota_(std::move(quota)) {}
  ~MemoryShare() { resize(0); }
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  // Holds so many bytes from now on. False where that would be more and there is no room: it holds what it held.
  bool resize(size_t bytes) {
    if (quota_ == nullptr) return true;
    if (bytes > bytes_) {
      const size_t more = bytes - bytes_;
      if (quota_->bytes_.fetch_add(more) + more > quota_->bytes_max_) return quota_->bytes_.fetch_sub(more), false;
    } else {
      quota_->bytes_.fetch_sub(bytes_ - bytes);
    }
    bytes_ = bytes;
    return true;
  }
  // Holds so many bytes more, room or not: others find none then.
  void add(size_t bytes) {
    if (quota_ == nullptr) return;
    quota_->bytes_.fetch_add(bytes);
    bytes_ += bytes;
  }

 private:
  std::shared_ptr<MemoryQuota> quota_;
  size_t bytes_ = 0;
};

}  // namespace millrace
