#include "server/result_queue.h"

namespace millrace {

namespace {

// Of the values, also where the texts lie in memory that others have as well.
size_t value_bytes(const Column& column) {
  if (column.type().is_text()) {
    size_t sum = column.size() * sizeof(std::string_view);
    for (size_t row = 0; row < column.size(); ++row)
      if (column.valid(row)) sum += column.at<std::string_view>(row).size();
    return sum;
  }
  if (column.child_count() == 0) return column.bytes();
  size_t sum = 0;
  for (size_t i = 0; i < column.child_count(); ++i) sum += value_bytes(column.child(i));
  return sum;
}

size_t value_bytes(const Batch& batch) {
  size_t sum = 0;
  for (const ColumnPtr& column : batch.columns)
    if (column) sum += value_bytes(*column);
  return sum;
}

}  // namespace

void ResultQueue::push(std::vector<Batch> batches, std::optional<ResultProgress> progress) {
  size_t bytes = 0;
  for (const Batch& batch : batches) bytes += value_bytes(batch);
  std::unique_lock lock(mutex_);
  if (ended_ || (batches.empty() && !progress)) return;
  bytes_ += bytes;
  for (Batch& batch : batches) {
    rows_ += batch.rows;
    batches_.push_back(std::move(batch));
  }
  if (progress) progress_ = std::move(progress);
  notify(lock);
}

bool ResultQueue::has_room() const {
  const std::lock_guard lock(mutex_);
  return !full();
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
    if (full()) room = room_;
    rows_ = bytes_ = 0;
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
