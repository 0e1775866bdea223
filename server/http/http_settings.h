// What bounds the HTTP front.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "server/http/origins.h"
#include "server/memory_quota.h"

namespace millrace {

struct HttpSettings {
  std::string listen = "127.0.0.1:8088";  // port 0: any free one
  uint32_t header_bytes_max = 16 << 10;   // of request line and headers, each: 431
  size_t body_bytes_max = 8 << 20;        // of a body that a route collects: 413
  // In which all requests count: 503 where there is no room.
  std::shared_ptr<MemoryQuota> memory = std::make_shared<MemoryQuota>(256 << 20);
  size_t web_socket_bytes_max = 1 << 20;  // of a message from a client: closed
  size_t connections_max = 8192;          // more are told 503 and closed
  size_t worker_threads = 4;
  Origins origins;                                   // of pages: 403 for others
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to the end of its header: 408
  std::chrono::milliseconds body_timeout{60'000};    // for a body that a route collects: 408
  std::chrono::milliseconds idle_timeout{120'000};   // between requests: closed without a word
  std::chrono::milliseconds write_timeout{60'000};   // for a client to take the rest of a finished answer: closed
};

}  // namespace millrace
