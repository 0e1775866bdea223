// Where the events of a live subscription go.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace millrace {

// Any thread; no call waits. Once the client is gone calls do nothing, but on_drained() still calls.
class LiveSink {
 public:
  enum class Event { hello, snapshot, change, dropped, progress, end, error };

  virtual ~LiveSink() = default;
  // One event: the members of a JSON object, without its braces. `shared`, which may be null, follows `own`, and may go
  // to many sinks. `cursor`: of progress, may be empty.
  virtual void send(Event event, std::string_view own, const std::shared_ptr<const std::string>& shared,
                    std::string_view cursor) = 0;
  // Bytes that the client's connection has not taken yet.
  virtual size_t pending() const = 0;
  // Calls once as soon as at most `bytes` are pending, which may be now.
  virtual void on_drained(size_t bytes, std::function<void()> callback) = 0;
  // Nothing comes after. Called once.
  virtual void finish() = 0;
};

}  // namespace millrace
