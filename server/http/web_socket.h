// A WebSocket (RFC 6455) as routes see it: texts in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/http/request.h"

namespace millrace {

// Safe to use from any thread. Calls never wait for the client. Once the client is gone, or after close(), calls do
// nothing.
class WebSocket {
 public:
  using Callback = std::function<void()>;
  // A text message, on the front's thread, which must not be made to wait. The next one is not read before `done` is
  // called, from whatever thread.
  using MessageHandler = std::function<void(std::string text, Callback done)>;

  // Why a socket is closed.
  enum class Reason : uint16_t { normal = 1000, going_away = 1001, not_accepted = 1003, policy = 1008, failed = 1011 };

  virtual ~WebSocket() = default;

  // Begins to read. Within the route's handler, once.
  virtual void begin(MessageHandler handler) = 0;
  // Calls once when the client is gone or the closing is complete, which may be now; on the caller's or the front's
  // thread, as what follows. What callbacks hold is dropped then.
  virtual void on_closed(Callback callback) = 0;
  // Calls once when the server begins to stop, which may be now: close() should come soon.
  virtual void on_stopping(Callback callback) = 0;
  // One text message: `head` and then `body`, which many sockets may share; it may be null.
  virtual void send(std::string_view head, std::shared_ptr<const std::string> body = nullptr) = 0;
  // Bytes of messages that the client's connection has not taken yet.
  virtual size_t pending() const = 0;
  // Calls once as soon as at most `bytes` are pending, which may be now. Several may wait.
  virtual void on_drained(size_t bytes, Callback callback) = 0;
  // When what was sent is on its way. At most 123 bytes of the text are told to the client.
  virtual void close(Reason reason, std::string text) = 0;
  virtual bool closed() const = 0;
  // Runs a job on a worker thread. False: the front has stopped, and the job is dropped. An exception closes the
  // socket.
  virtual bool run_on_worker(Callback job) = 0;
};

using WebSocketPtr = std::shared_ptr<WebSocket>;

// Called on the front's thread when the socket is open. The request lives as long as the call.
using WebSocketHandler = std::function<void(Request& request, const WebSocketPtr& socket)>;

}  // namespace millrace
