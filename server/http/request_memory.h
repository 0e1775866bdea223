// Bytes that the requests of all clients hold in memory together.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace millrace {

// Safe to use from any thread.
class RequestMemory {
 public:
  explicit RequestMemory(size_t bytes_max) : bytes_max_(bytes_max) {}
  size_t bytes_max() const { return bytes_max_; }
  size_t bytes() const { return bytes_; }

 private:
  friend class RequestShare;
  const size_t bytes_max_;
  std::atomic<size_t> bytes_ = 0;
};

// What one request holds of it, given back when it goes. One call at a time.
class RequestShare {
 public:
  RequestShare() = default;  // holds nothing, ever
  explicit RequestShare(std::shared_ptr<RequestMemory> memory) : memory_(std::move(memory)) {}
  ~RequestShare() { resize(0); }
  RequestShare(const RequestShare&) = delete;
  RequestShare& operator=(const RequestShare&) = delete;

  // Holds so many bytes from now on. False where that would be more and there is no room: it holds what it held.
  bool resize(size_t bytes) {
    if (memory_ == nullptr) return true;
    if (bytes > bytes_) {
      const size_t more = bytes - bytes_;
      if (memory_->bytes_.fetch_add(more) + more > memory_->bytes_max_) return memory_->bytes_.fetch_sub(more), false;
    } else {
      memory_->bytes_.fetch_sub(bytes_ - bytes);
    }
    bytes_ = bytes;
    return true;
  }

 private:
  std::shared_ptr<RequestMemory> memory_;
  size_t bytes_ = 0;
};

}  // namespace millrace
