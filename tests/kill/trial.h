// One query of a kind under load, and what happens to it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/kafka/tcp_proxy.h"
#include "tests/kill/clients.h"
#include "tests/kill/kinds.h"
#include "tests/kill/phase_view.h"
#include "tests/program/kafka_broker.h"
#include "tests/program/server_process.h"

namespace millrace::testing {

enum class Death {
  server,    // killed with -9 and started again
  broker,    // the same of Kafka's
  frozen,    // the broker stands still for 20 s
  away,      // the broker is away for a minute
  takeover,  // a second server starts while the first stands still
  ending,    // the request that ends a transaction is late or lost, or its answer is
};

struct TrialOptions {
  Death death = Death::server;
  bool kafka = false;
  int count = 20;
  uint64_t seed = 20'260'101;
};

// Four clients insert while it happens again and again, on Kafka also a producer; afterwards every acknowledged row
// must be in the result exactly once, and on Kafka the result be the one of an uninterrupted run, in the order of each
// key.
class Trial {
 public:
  Trial(const KillKind& kind, const TrialOptions& options);

  // True: all is as it must be. Prints what was not, and what happened.
  bool run();

 private:
  using Clients = std::vector<std::unique_ptr<InsertClient>>;

  std::vector<std::string> settings() const;
  std::unique_ptr<ServerProcess> make_server() const;
  void complain(const std::string& what);
  void start();
  void create();

  // What happens; in deaths.cpp.
  void die_again_and_again();
  void kill_servers();
  void kill_at_random(bool while_starting);
  void kill_in(StepPhase phase);
  void finish_kill();
  std::optional<StepPhase> missing() const;
  // Whether steps on this log come through the phase.
  bool expected(StepPhase phase) const { return phase != StepPhase::produced || options_.kafka; }
  void stop_broker(bool freeze, std::chrono::seconds duration);
  void expect_trouble(std::chrono::seconds patience);
  void expect_refusal();
  void expect_rows_again();
  void take_over();
  void disturb_ending(int number);

  void check(const Clients& clients);
  std::vector<KillRow> check_source(const Clients& clients);
  void check_result(const std::vector<KillRow>& rows);
  std::string topic_differences() const;
  void report();

  const KillKind& kind_;
  const TrialOptions options_;
  std::mt19937_64 random_;
  TemporaryDirectory directory_;
  PhaseView view_;
  std::unique_ptr<KafkaBroker> broker_;  // null: on a data directory
  std::unique_ptr<TcpProxy> proxy_;      // null: the server reaches the broker itself
  std::unique_ptr<ServerProcess> server_;
  ServerAddress address_;
  std::array<int, step_phase_count> hits_{};
  std::vector<std::string> happened_;
  size_t rows_ = 0;
  size_t acknowledged_ = 0;
  bool right_ = true;
};

}  // namespace millrace::testing
