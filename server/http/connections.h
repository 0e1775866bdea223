// The connections of the front. Everything here runs on the front's thread, unless it says otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/http/http_settings.h"
#include "server/http/route_table.h"
#include "server/http/worker_pool.h"
#include "server/memory_quota.h"

namespace boost::asio {
class io_context;
}

namespace millrace {

// What a client holds open, whatever is spoken on it.
class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  // Does what is due where the client let its time pass.
  virtual void sweep(std::chrono::steady_clock::time_point now) = 0;
  virtual void begin_stop() = 0;
  // At once.
  virtual void cut() = 0;
};

class Connections {
 public:
  using Clock = std::chrono::steady_clock;

  Connections(boost::asio::io_context& io_given, const HttpSettings& settings_given, const RouteTable& routes_given,
              std::shared_ptr<WorkerPool> workers_given);
  ~Connections();

  // Takes the accepted socket, a descriptor. Beyond the limit it is told so and closed.
  void open(int socket, std::string peer);
  // Does what is due to connections that let their time pass.
  void sweep(Clock::time_point now);
  void begin_stop();
  void cut();
  size_t size() const { return count_; }  // any thread

  // For themselves.
  void add(const std::shared_ptr<OpenConnection>& connection);
  void remove(OpenConnection* connection);
  std::string next_request_id();

  boost::asio::io_context& io;
  const HttpSettings& settings;
  const RouteTable& routes;
  const std::shared_ptr<WorkerPool> workers;
  const std::shared_ptr<MemoryQuota> memory;  // exchanges may outlive the connections
  std::vector<char> scratch;                  // what one read takes; idle connections hold no buffer
  bool stopping = false;

 private:
  std::unordered_map<OpenConnection*, std::shared_ptr<OpenConnection>> connections_;
  std::atomic<size_t> count_ = 0;
  std::string id_prefix_;
  uint64_t id_next_ = 1;
};

}  // namespace millrace
