// The whole server in one object: the log in its data directory or on Kafka, the engine, the HTTP front.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "server/engine.h"
#include "server/http/front.h"
#include "server/options.h"

namespace millrace {

EngineOptions engine_options(const Options& options);
HttpSettings http_settings(const Options& options);
std::unique_ptr<Log> open_log(const Options& options);
// Where everything is kept, in words.
std::string log_place(const Options& options);

class LiveHub;

class Server {
 public:
  // Opens, recovers and listens. `fenced` is called once, from another thread, where another server takes the log: then
  // nothing can be done but to end. Throws Error.
  explicit Server(const Options& options, std::function<void()> fenced = nullptr);
  // As stop(), without grace.
  ~Server();

  const HttpFront& front() const { return *front_; }
  // Intake ends, clients that follow a query are told, steps finish. Returns within `grace`.
  void stop(std::chrono::milliseconds grace);

 private:
  void tell_trouble();

  std::mutex trouble_mutex_;
  std::string trouble_;  // that was told
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<LiveHub> live_;
  std::unique_ptr<HttpFront> front_;
};

}  // namespace millrace
