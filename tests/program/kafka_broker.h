// A Kafka broker of a test's own, by tests/kafka/broker.
#pragma once

#include <string>

#include "tests/program/server_process.h"

namespace millrace::testing {

// On a free port of loopback; ends with the object.
class KafkaBroker {
 public:
  // `settings` of the broker: "NAME=VALUE …". Throws std::runtime_error.
  explicit KafkaBroker(std::string settings = "");
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  // HOST:PORT.
  const std::string& address() const { return address_; }
  // For a proxy on loopback: where the broker listens for it, and where clients that come through it look for it.
  uint16_t proxied_port() const { return port(2); }
  uint16_t advertised_port() const { return port(3); }
  // SIGKILL, and later again on the same address with the same topics.
  void kill();
  void restart();
  // SIGSTOP and SIGCONT.
  void freeze(bool frozen);

 private:
  uint16_t port(int behind) const;
  bool run(const std::string& command, const std::string& settings = "") const;

  TemporaryDirectory directory_;
  std::string settings_;
  std::string address_;
};

}  // namespace millrace::testing
