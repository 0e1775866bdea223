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

  // Sends what is there; false where somebody will call schedule(), or nothing is left to do.
  bool advance() {
    if (!result_) return false;
    if (response_->closed()) return result_.reset(), false;
    if (stopping_ && !std::exchange(cancelled_, true)) result_->cancel();
    if (response_->pending() > pending_bytes_max) {
      response_->on_drained(pending_bytes_low, [self = shared_from_this()] { self->schedule(); });
      return false;
    }
    ResultStream::Chunk chunk = result_->poll();
    if (chunk.batches.empty() && !chunk.ended) {
      result_->on_ready([self = shared_from_this()] { self->schedule(); });
      return false;
    }
    for (const Batch& batch : chunk.batches) send(batch);
    if (!chunk.ended) return true;
    if (cancelled_) chunk.error = Error(ErrorCode::unavailable, "the server is stopping");
    response_->write(chunk.error ? format_->end(*chunk.error) : format_->end(chunk.message));
    response_->finish();
    result_.reset();
    return false;
  }

  void send(const Batch& batch) {
    std::string bytes;
    for (size_t row = 0; row < batch.rows; ++row) {
      if (batch.kind(row) == RowKind::old) continue;  // the new one tells all
      format_->append_row(batch, row, bytes);
      if (bytes.size() < write_bytes) continue;
      response_->write(bytes);
      bytes.clear();
    }
    if (!bytes.empty()) response_->write(bytes);
  }

  const std::unique_ptr<QueryFormat> format_;
  const ResponseStreamPtr response_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool working_ = false;
  bool again_ = false;
  // Of whoever works.
  std::unique_ptr<ResultStream> result_;
  bool cancelled_ = false;
};

}  // namespace

void stream_query(std::unique_ptr<ResultStream> result, std::unique_ptr<QueryFormat> format,
                  const ResponseStreamPtr& response) {
  std::make_shared<QueryAnswer>(std::move(result), std::move(format), response)->begin();
}

}  // namespace millrace
