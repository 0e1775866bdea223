// The bounded queue between what computes a result and who takes it.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "server/engine.h"

namespace millrace {

struct ResultLimits {
  size_t rows_max = 100'000;   // that nobody has taken yet …
  size_t bytes_max = 8 << 20;  // … and of these
};

// One producer, one consumer, each on any thread. There is room while both limits are not reached: one row that is
// larger than they are passes as well.
class ResultQueue {
 public:
  explicit ResultQueue(ResultLimits limits) : limits_(limits) {}

  // Producer. What is pushed at once is taken at once. After a push without room left the consumer's taking calls
  // `room`.
  void push(std::vector<Batch> batches, std::optional<ResultProgress> progress = std::nullopt);
  bool has_room() const;
  void on_room(std::function<void()> room);
  // Nothing comes after; the first end counts.
  void end(std::string message, std::optional<Error> error = std::nullopt, std::string token = "");
  bool ended() const;

  // Consumer.
  ResultStream::Chunk take();
  void on_ready(std::function<void()> ready);

 private:
  void notify(std::unique_lock<std::mutex>& lock);
  bool full() const { return rows_ >= limits_.rows_max || bytes_ >= limits_.bytes_max; }

  const ResultLimits limits_;
  mutable std::mutex mutex_;
  std::vector<Batch> batches_;
  std::optional<ResultProgress> progress_;
  size_t rows_ = 0;
  size_t bytes_ = 0;
  bool ended_ = false;
  bool end_taken_ = false;
  std::string message_, token_;
  std::optional<Error> error_;
  std::function<void()> ready_, room_;
};

}  // namespace millrace
