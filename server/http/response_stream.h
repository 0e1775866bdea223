// The way back to a client: one complete answer, or a head and then bytes until finished.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/request.h"

namespace millrace {

// Safe to use from any thread. Calls never wait for the client, except wait_drained(). Once the client is gone, or
// after the answer is complete, calls do nothing. Dropping the last reference without an answer sends status 500;
// dropping it in the middle of a stream cuts the connection, so that the client cannot take the part for the whole.
class ResponseStream {
 public:
  using Callback = std::function<void()>;

  virtual ~ResponseStream() = default;

  // The whole answer.
  virtual void reply(int status, Headers headers, std::string body) = 0;

  // The head; then write() any number of times, then finish(). Every write() goes out at once.
  virtual void start(int status, Headers headers) = 0;
  virtual void write(std::string_view bytes) = 0;
  virtual void finish() = 0;

  // Bytes written here that the client's connection has not taken yet.
  virtual size_t pending() const = 0;
  // Waits until at most `bytes` are pending. False: the client is gone, or the time is over. Not on the front's thread.
  virtual bool wait_drained(size_t bytes, std::chrono::milliseconds timeout) = 0;
  // Calls once as soon as at most `bytes` are pending, which may be now. Replaces an earlier one that is still waiting.
  virtual void on_drained(size_t bytes, Callback callback) = 0;

  virtual bool closed() const = 0;
  // Calls once when the client goes before finish(), which may be now. Callbacks run on the caller's or the front's
  // thread, must not block, and are dropped with whatever they hold when the answer is complete.
  virtual void on_closed(Callback callback) = 0;
  // Calls once when the server begins to stop, which may be now: the answer should come to its end soon.
  virtual void on_stopping(Callback callback) = 0;

  // Runs a job on a worker thread, also when the client is gone. False: the front has stopped, and the job is dropped.
  // An exception ends the answer with status 500.
  virtual bool run_on_worker(Callback job) = 0;
};

using ResponseStreamPtr = std::shared_ptr<ResponseStream>;

}  // namespace millrace
