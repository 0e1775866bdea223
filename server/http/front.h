// The HTTP/1.1 front: connections, limits, and which handler gets a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http/http_settings.h"
#include "server/http/route_table.h"

namespace millrace {

// One thread serves all connections, a pool of workers runs what may wait.
class HttpFront {
 public:
  HttpFront(HttpSettings settings, RouteTable routes);
  // From now on requests go by these routes; those under way end as they began. Any thread.
  void serve(RouteTable routes);
  // Cuts what is still open.
  ~HttpFront();

  // Throws Error{unavailable} naming the address where it cannot listen.
  void start();
  uint16_t port() const;
  std::string address() const;  // "127.0.0.1:8088"
  bool beyond_loopback() const;
  size_t connections() const;
  size_t request_bytes() const;  // that requests hold in memory

  // Accepts no more, closes what is idle, tells running answers (ResponseStream::on_stopping), waits up to `grace` for
  // them to end, then cuts the rest. Returns with all handlers at their end.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Core;
  std::unique_ptr<Core> core_;
};

}  // namespace millrace
