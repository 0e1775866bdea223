// Servers as processes of their own, so that what they cost is theirs alone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace millrace::benchmark {

// Ends with its object.
class ChildServer {
 public:
  // The child runs `serve`, which tells its port by its argument and then serves until it is killed.
  explicit ChildServer(const std::function<void(const std::function<void(uint16_t)>& listening)>& serve);
  ~ChildServer();
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  uint16_t port() const { return port_; }
  // User and system time that it has taken so far.
  double cpu_seconds() const;

 private:
  pid_t pid_ = -1;
  uint16_t port_ = 0;
};

// `millrace serve` on a new directory in memory-backed or other temporary storage; `settings` as "NAME=VALUE".
std::function<void(const std::function<void(uint16_t)>&)> millrace_server(const std::string& directory,
                                                                          std::vector<std::string> settings);
// A server by Beast alone, on one thread: answers each POST with status 202 and a small body, takes WebSockets, and
// writes the body of a POST to /broadcast?COUNT as COUNT messages to each of them.
void serve_bare_beast(const std::function<void(uint16_t)>& listening);

}  // namespace millrace::benchmark
