#include "server/query_answer.h"

#include <atomic>
#include <mutex>

namespace millrace {
namespace {

// Encoding stops above the first and goes on below the second.
constexpr size_t pending_bytes_max = 1 << 20;
constexpr size_t pending_bytes_low = 256 << 10;
constexpr size_t write_bytes = 64 << 10;

class QueryAnswer : public std::enable_shared_from_this<QueryAnswer> {
 public:
  QueryAnswer(std::unique_ptr<ResultStream> result, std::unique_ptr<QueryFormat> format, ResponseStreamPtr response)
      : format_(std::move(format)), response_(std::move(response)), result_(std::move(result)) {}

  void begin() {
    response_->start(200, {{"Content-Type", format_->content_type()}});
    response_->write(format_->header(*result_));
    // Weak: the answer lives by whoever will call it next, the result or the response.
    response_->on_closed([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->schedule();
    });
    response_->on_stopping([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->stopping_ = true;
      self->schedule();
    });
    work();
  }

 private:
  // Something may have come: goes on, on a worker. Any thread.
  void schedule() {
    response_->run_on_worker([self = shared_from_this()] { self->work(); });
  }

  // One thread works at a time; whoever comes meanwhile makes it look again. Between two turns others get the worker.
  void work() {
    {
      const std::lock_guard lock(mutex_);
      again_ = working_;
      if (std::exchange(working_, true)) return;
    }
    const bool more = advance();
    {
      const std::lock_guard lock(mutex_);
      working_ = false;
      if (!more && !again_) return;
    }
    schedule();
  }

  // Sends what is there and the client takes; false where somebody will call schedule(), or nothing is left to do.
  bool advance() {
    if (!result_) return false;
    if (response_->closed()) return result_.reset(), false;
    if (stopping_ && !std::exchange(cancelled_, true)) result_->cancel();
    if (response_->pending() > pending_bytes_max) {
      response_->on_drained(pending_bytes_low, [self = shared_from_this()] { self->schedule(); });
      return false;
    }
    if (all_sent()) {
      chunk_ = result_->poll();
      batch_ = row_ = 0;
      if (all_sent() && !chunk_.ended) {
        result_->on_ready([self = shared_from_this()] { self->schedule(); });
        return false;
      }
    }
    while (!all_sent() && response_->pending() <= pending_bytes_max) send_piece();
    if (!all_sent() || !chunk_.ended) return true;
    if (cancelled_) chunk_.error = Error(ErrorCode::unavailable, "the server is stopping");
    response_->write(chunk_.error ? format_->end(*chunk_.error) : format_->end(chunk_.message));
    response_->finish();
    result_.reset();
    return false;
  }

  bool all_sent() const { return batch_ == chunk_.batches.size(); }

  void send_piece() {
    const Batch& batch = chunk_.batches[batch_];
    std::string bytes;
    for (; row_ < batch.rows && bytes.size() < write_bytes; ++row_)
      if (batch.kind(row_) != RowKind::old) format_->append_row(batch, row_, bytes);  // the new one tells all
    if (!bytes.empty()) response_->write(bytes);
    if (row_ < batch.rows) return;
    chunk_.batches[batch_++] = {};
    row_ = 0;
  }

  const std::unique_ptr<QueryFormat> format_;
  const ResponseStreamPtr response_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool working_ = false;
  bool again_ = false;
  // Of whoever works.
  std::unique_ptr<ResultStream> result_;
  ResultStream::Chunk chunk_;  // of which the rows before this one are sent
  size_t batch_ = 0;
  size_t row_ = 0;
  bool cancelled_ = false;
};

}  // namespace

void stream_query(std::unique_ptr<ResultStream> result, std::unique_ptr<QueryFormat> format,
                  const ResponseStreamPtr& response) {
  std::make_shared<QueryAnswer>(std::move(result), std::move(format), response)->begin();
}

}  // namespace millrace
