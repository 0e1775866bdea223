// kill -9 under load: kill_test KIND [--kafka] [--kills N] [--seed N] [--all]
//
// Four clients insert while the server is killed and started again; afterwards every acknowledged row must be in the
// result exactly once. Ends with 1 where it is not, or where no kill fell into one of the phases of a step.
#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/kill/clients.h"
#include "tests/kill/kinds.h"
#include "tests/kill/phase_view.h"
#include "tests/program/kafka_broker.h"
#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int client_count = 4;
constexpr int64_t ids_per_client = 1'000'000'000;
constexpr auto start_patience = 60s;
constexpr auto settle_patience = 60s;
constexpr auto phase_patience = 3s;

struct Arguments {
  std::string kind;
  bool kafka = false;
  int kills = 20;
  uint64_t seed = 20'260'101;
};

class Trial {
 public:
  Trial(const KillKind& kind, const Arguments& arguments)
      : kind_(kind),
        arguments_(arguments),
        random_(arguments.seed),
        view_(directory_.path() + "/phase"),
        broker_(arguments.kafka ? std::make_unique<KafkaBroker>() : nullptr),
        server_(directory_.path() + "/data", settings()) {}

  // True: all is as it must be.
  bool run() {
    create();
    std::vector<std::unique_ptr<InsertClient>> clients;
    for (int i = 0; i < client_count; ++i) {
      const auto way = i == 0 ? InsertClient::Way::statements : InsertClient::Way::stream;
      clients.push_back(std::make_unique<InsertClient>(address_, way, (i + 1) * ids_per_client, arguments_.seed + i));
    }
    if (broker_)
      clients.push_back(std::make_unique<InsertClient>(address_, InsertClient::Way::producer,
                                                       (client_count + 1) * ids_per_client, arguments_.seed,
                                                       broker_->address()));
    try {
      kill_again_and_again();
    } catch (const std::exception& error) {
      complain(error.what());
    }
    address_.stop();
    for (const auto& client : clients) client->join();
    if (server_.running()) check(clients);
    report();
    return right_;
  }

 private:
  std::vector<std::string> settings() const {
    std::vector<std::string> all = {"log.level=warning", "commit.interval.ms=10",
                                    "debug.phase.file=" + directory_.path() + "/phase"};
    if (broker_) all.push_back("kafka.bootstrap.servers=" + broker_->address());
    return all;
  }

  void complain(const std::string& what) {
    right_ = false;
    fmt::print("{}: WRONG: {}\n", kind_.name, what);
  }

  void start() {
    view_.clear();
    server_.spawn();
    if (!server_.wait_ready(start_patience)) throw std::runtime_error("the server did not start again");
    address_.set(server_.url());
  }

  void create() {
    start();
    execute_well(server_.url(),
                 "CREATE STREAM rows_in (grp INT KEY, id BIGINT, v INT) "
                 "WITH (kafka_topic = 'rows_in', partitions = 4, value_format = 'JSON');");
    for (const std::string& statement : kind_.statements) execute_well(server_.url(), statement);
  }

  // Half of the kills come when they come; the others go for what these have missed. Some more are allowed for phases
  // that pass so quickly that a kill arrives after their end.
  void kill_again_and_again() {
    const int more_max = 3 * arguments_.kills;
    for (int i = 0; i < arguments_.kills || (missing() && i < arguments_.kills + more_max); ++i) {
      if (i < (arguments_.kills + 1) / 2 || !missing()) {
        kill_at_random(i % 5 == 4);
      } else {
        kill_in(*missing());
      }
    }
    if (!server_.running()) start();
  }

  void kill_at_random(bool while_starting) {
    if (!while_starting) {
      if (!server_.running()) start();
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 400'000));
      return finish_kill();
    }
    if (server_.running()) finish_kill();
    view_.clear();
    server_.spawn();
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 100'000));
    finish_kill();
  }

  void kill_in(StepPhase phase) {
    if (!server_.running()) start();
    const auto deadline = Clock::now() + phase_patience;
    while (view_.last() != phase && Clock::now() < deadline) continue;
    finish_kill();
  }

  void finish_kill() {
    server_.kill();
    address_.set(std::nullopt);
    const int status = server_.reap();
    if (status != -SIGKILL) complain(fmt::format("the server ended by itself, with {}", status));
    ++hits_[static_cast<size_t>(view_.last())];
  }

  std::optional<StepPhase> missing() const {
    std::optional<StepPhase> least;
    for (size_t phase = 0; phase < step_phase_count; ++phase) {
      // The idle one is met before the first step only, which is what a kill at the start meets.
      if (hits_[phase] == 0 && phase != static_cast<size_t>(StepPhase::idle)) least = static_cast<StepPhase>(phase);
    }
    return least;
  }

  void check(const std::vector<std::unique_ptr<InsertClient>>& clients) {
    for (const auto& client : clients) {
      acknowledged_ += client->acknowledged().size();
      for (const std::string& refusal : client->refusals()) complain("an insert was refused: " + refusal);
    }
    try {
      const std::vector<KillRow> rows = check_source(clients);
      rows_ = rows.size();
      check_result(rows);
      // The same once more, after an end in good order.
      server_.terminate();
      if (const int status = server_.reap(); status != 0) complain(fmt::format("SIGTERM: exit status {}", status));
      start();
      check_result(rows);
    } catch (const std::exception& error) {
      complain(error.what());
    }
  }

  // Acknowledged: exactly once in the stream; sent: at most once.
  std::vector<KillRow> check_source(const std::vector<std::unique_ptr<InsertClient>>& clients) {
    std::vector<KillRow> rows;
    std::unordered_set<int64_t> ids;
    for (const auto& found : query(server_.url(), "SELECT id, grp, v, ROWTIME FROM rows_in;")) {
      const KillRow row(found.at(0).get<int64_t>());
      if (found.at(1) != row.group || found.at(2) != row.value || found.at(3) != row.time)
        complain("the stream holds a row that nobody sent: " + found.dump());
      if (!ids.insert(row.id).second) complain(fmt::format("the stream holds row {} twice", row.id));
      rows.push_back(row);
    }
    for (const int64_t id : ids) {
      const auto& client = clients.at(static_cast<size_t>(id / ids_per_client - 1));
      if (!client->sent(id)) complain(fmt::format("the stream holds row {}, which nobody sent", id));
    }
    for (const auto& client : clients) {
      for (const int64_t id : client->acknowledged())
        if (!ids.contains(id)) complain(fmt::format("row {} was acknowledged and is not in the stream", id));
    }
    return rows;
  }

  void check_result(const std::vector<KillRow>& rows) {
    std::string wrong;
    for (const auto deadline = Clock::now() + settle_patience; Clock::now() < deadline;) {
      wrong = kind_.check(server_.url(), rows);
      if (wrong.empty()) return;
      std::this_thread::sleep_for(200ms);
    }
    complain("the result: " + wrong);
    fmt::print("{}\n", execute(server_.url(), "SHOW QUERIES;").body.dump());
  }

  void report() {
    fmt::print("{}: {} rows, {} of them acknowledged; kills by phase:", kind_.name, rows_, acknowledged_);
    for (size_t phase = 0; phase < step_phase_count; ++phase) {
      fmt::print("{} {} {}", phase == 0 ? "" : ",", step_phase_name(static_cast<StepPhase>(phase)), hits_[phase]);
    }
    fmt::print("\n");
    for (size_t phase = 0; phase < step_phase_count; ++phase) {
      if (hits_[phase] == 0)
        complain(fmt::format("no kill fell into the phase '{}'", step_phase_name(static_cast<StepPhase>(phase))));
    }
  }

  const KillKind& kind_;
  const Arguments& arguments_;
  std::mt19937_64 random_;
  TemporaryDirectory directory_;
  PhaseView view_;
  std::unique_ptr<KafkaBroker> broker_;  // null: on a data directory
  ServerProcess server_;
  ServerAddress address_;
  std::array<int, step_phase_count> hits_{};
  size_t rows_ = 0;
  size_t acknowledged_ = 0;
  bool right_ = true;
};

int run(const Arguments& arguments) {
  for (const KillKind& kind : kill_kinds()) {
    if (kind.name == arguments.kind) return Trial(kind, arguments).run() ? 0 : 1;
  }
  fmt::print(stderr, "kill_test KIND [--kafka] [--kills N] [--seed N] [--all]; KIND is one of");
  for (const KillKind& kind : kill_kinds()) fmt::print(stderr, " {}", kind.name);
  fmt::print(stderr, "\n");
  return 2;
}

}  // namespace
}  // namespace millrace::testing

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  millrace::testing::Arguments arguments;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--kafka") == 0) {
      arguments.kafka = true;
    } else if (std::strcmp(words[i], "--all") == 0) {
      arguments.kills = 200;
    } else if (std::strcmp(words[i], "--kills") == 0 && i + 1 < count) {
      arguments.kills = std::atoi(words[++i]);
    } else if (std::strcmp(words[i], "--seed") == 0 && i + 1 < count) {
      arguments.seed = std::strtoull(words[++i], nullptr, 10);
    } else {
      arguments.kind = words[i];
    }
  }
  return millrace::testing::run(arguments);
}
