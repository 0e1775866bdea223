// One request and its answer, between the connection's thread and the threads that make the answer.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "server/http/request.h"
#include "server/http/response_stream.h"
#include "server/http/worker_pool.h"
#include "server/memory_quota.h"

namespace millrace {

// What an exchange needs of its connection. Both may be called from any thread and do not wait.
class ExchangeOwner {
 public:
  virtual ~ExchangeOwner() = default;
  virtual void answer_changed() = 0;  // take_answer() has something
  virtual void body_taken() = 0;      // body_backlog() shrank
};

// How the answer is put on the wire, known from the request.
struct AnswerForm {
  bool head_only = false;  // HEAD: no body
  bool chunked = true;     // HTTP/1.1; else the end of the connection ends a stream
  bool keep_alive = true;
  std::string origin = {};  // of another site, whose page may read it; else empty
};

class Exchange final : public ResponseStream, public BodyStream, public std::enable_shared_from_this<Exchange> {
 public:
  // `share`: what the request holds in memory, to the end of the last handle.
  Exchange(Request given, AnswerForm form, std::shared_ptr<ExchangeOwner> owner, std::shared_ptr<WorkerPool> workers,
           std::unique_ptr<MemoryShare> share);
  ~Exchange() override;

  Request request;

  // What a handler gets: when the last copy of it goes without a finished answer, the answer is an error.
  ResponseStreamPtr handle();

  // An exception ends the answer: with status 500, or cut where it has begun.
  void run(const Callback& job);

  // The routes' side: any thread.
  void reply(int status, Headers headers, std::string body) override;
  void start(int status, Headers headers) override;
  void write(std::string_view bytes) override;
  void finish() override;
  size_t pending() const override;
  bool wait_drained(size_t bytes, std::chrono::milliseconds timeout) override;
  void on_drained(size_t bytes, Callback callback) override;
  bool closed() const override;
  void on_closed(Callback callback) override;
  void on_stopping(Callback callback) override;
  bool run_on_worker(Callback job) override;
  void read(Consumer consumer) override;
  void pause() override;
  void resume() override;
  bool keeps(size_t bytes) override { return share_->resize(bytes); }

  // The connection's side: its thread.
  struct Answer {
    std::string bytes;
    bool finished = false;    // nothing follows
    bool keep_alive = false;  // the connection can be used again
  };
  Answer take_answer();
  void sent(size_t bytes);  // the kernel took so many
  void body_arrived(std::string bytes, bool last);
  size_t body_backlog() const;
  bool finished() const;
  void stopping();
  void close();  // the client is gone

 private:
  enum class Phase { fresh, streaming, finished };

  void begin(int status, const Headers& headers, std::string_view framing);
  // Tells the owner that there is something to take; ends the lock.
  void announce(std::unique_lock<std::mutex> lock);
  void abandoned();
  bool drained() const { return closed_ || bytes_.size() + in_flight_ <= drained_below_; }
  void release(std::unique_lock<std::mutex> lock);
  void consume_when_due(std::unique_lock<std::mutex> lock);
  void consume();

  const AnswerForm form_;
  const std::shared_ptr<WorkerPool> workers_;
  const std::unique_ptr<MemoryShare> share_;

  mutable std::mutex mutex_;
  std::condition_variable drained_;
  std::shared_ptr<ExchangeOwner> owner_;
  Phase phase_ = Phase::fresh;
  bool keep_alive_ = true;
  bool closed_ = false;
  bool stopping_ = false;
  bool announced_ = false;  // answer_changed() was called, take_answer() not yet
  std::string bytes_;
  size_t in_flight_ = 0;
  Callback on_closed_, on_stopping_, on_drained_;
  size_t drained_below_ = 0;

  std::string body_;
  bool body_last_ = false;
  bool body_ended_ = false;  // the consumer was given the last
  bool consuming_ = false;
  bool paused_ = false;
  Consumer consumer_;
};

}  // namespace millrace
