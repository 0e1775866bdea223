// A Kafka broker of a test's own, by tests/kafka/broker.
#pragma once

#include <string>

#include "tests/program/server_process.h"

namespace millrace::testing {

// On a free port of loopback; ends with the object.
class KafkaBroker {
 public:
  // Throws std::runtime_error.
  KafkaBroker();
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  // HOST:PORT.
  const std::string& address() const { return address_; }
  // SIGKILL, and later again on the same address with the same topics.
  void kill();
  void restart();
  // SIGSTOP and SIGCONT.
  void freeze(bool frozen);

 private:
  bool run(const std::string& command) const;

  TemporaryDirectory directory_;
  std::string address_;
};

}  // namespace millrace::testing
