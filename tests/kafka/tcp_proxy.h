// Stands between a client and a broker, and lets pass, holds back or drops what a rule says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace millrace::testing {

// The request of Kafka's protocol that a frame is.
enum class KafkaRequest : int16_t { produce = 0, add_partitions = 24, end_transaction = 26, init_producer = 22 };

// On loopback only, on a thread of its own. The broker must advertise the proxy's port, so that no client goes around
// it.
class TcpProxy {
 public:
  enum class Action {
    pass,
    delay,        // the request reaches the broker late
    drop,         // the connection ends before the request reaches the broker
    lose_answer,  // the request reaches the broker, the connection ends before the answer comes back
  };
  // Called on the proxy's thread for each request.
  using Rule = std::function<Action(KafkaRequest)>;

  // `port` 0 takes any free one.
  TcpProxy(uint16_t port, uint16_t broker_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  uint16_t port() const;
  void set_rule(Rule rule);
  void set_delay(std::chrono::milliseconds delay);
  // While cut off, connections are refused and those that are there end.
  void cut_off(bool cut);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace millrace::testing
