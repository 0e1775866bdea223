#include "server/result_queue.h"

namespace millrace {

void ResultQueue::push(std::vector<Batch> batches, std::optional<ResultProgress> progress) {
  std::unique_lock lock(mutex_);
  if (ended_ || (batches.empty() && !progress)) return;
  for (Batch& batch : batches) {
    rows_ += batch.rows;
    batches_.push_back(std::move(batch));
  }
  if (progress) progress_ = std::move(progress);
  notify(lock);
}

bool ResultQueue::has_room() const {
  const std::lock_guard lock(mutex_);
  return rows_ < rows_max_;
}

void ResultQueue::on_room(std::function<void()> room) {
  const std::lock_guard lock(mutex_);
  room_ = std::move(room);
}

void ResultQueue::end(std::string message, std::optional<Error> error, std::string token) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  ended_ = true;
  message_ = std::move(message);
  error_ = std::move(error);
  token_ = std::move(token);
  notify(lock);
}

bool ResultQueue::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

// The callback is called with the lock released, once.
void ResultQueue::notify(std::unique_lock<std::mutex>& lock) {
  auto ready = std::move(ready_);
  ready_ = nullptr;
  lock.unlock();
  if (ready) ready();
}

ResultStream::Chunk ResultQueue::take() {
  ResultStream::Chunk chunk;
  std::function<void()> room;
  {
    const std::lock_guard lock(mutex_);
    chunk.batches = std::exchange(batches_, {});
    chunk.progress = std::exchange(progress_, std::nullopt);
    if (rows_ >= rows_max_) room = room_;
    rows_ = 0;
    chunk.ended = ended_;
    chunk.message = message_;
    chunk.error = error_;
    chunk.token = token_;
    end_taken_ = ended_;
  }
  if (room) room();
  return chunk;
}

void ResultQueue::on_ready(std::function<void()> ready) {
  {
    const std::lock_guard lock(mutex_);
    if (batches_.empty() && !progress_ && (!ended_ || end_taken_)) {
      ready_ = std::move(ready);
      return;
    }
  }
  ready();
}

}  // namespace millrace
