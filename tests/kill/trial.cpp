#include "tests/kill/trial.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unordered_map>

#include "tests/kill/committed_topic.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int client_count = 4;
constexpr int64_t ids_per_client = 1'000'000'000;
constexpr auto start_patience = 60s;
constexpr auto settle_patience = 120s;
constexpr size_t group_bytes = 4;

}  // namespace

Trial::Trial(const KillKind& kind, const TrialOptions& options)
    : kind_(kind),
      options_(options),
      random_(options.seed),
      view_(directory_.path() + "/phase"),
      broker_(options.kafka ? std::make_unique<KafkaBroker>() : nullptr),
      proxy_(options.death == Death::ending
                 ? std::make_unique<TcpProxy>(broker_->advertised_port(), broker_->proxied_port())
                 : nullptr),
      server_(make_server()) {}

bool Trial::run() {
  create();
  Clients clients;
  for (int i = 0; i < client_count; ++i) {
    const auto way = i == 0 ? InsertClient::Way::statements : InsertClient::Way::stream;
    clients.push_back(std::make_unique<InsertClient>(address_, way, (i + 1) * ids_per_client, options_.seed + i));
  }
  if (broker_)
    clients.push_back(std::make_unique<InsertClient>(
        address_, InsertClient::Way::producer, (client_count + 1) * ids_per_client, options_.seed, broker_->address()));
  try {
    die_again_and_again();
  } catch (const std::exception& error) {
    complain(error.what());
  }
  address_.stop();
  for (const auto& client : clients) client->join();
  server_->running() ? check(clients) : complain("the server ended by itself");
  report();
  return right_;
}

std::vector<std::string> Trial::settings() const {
  std::vector<std::string> all = {"log.level=warning", "commit.interval.ms=10",
                                  "debug.phase.file=" + directory_.path() + "/phase"};
  if (broker_)
    all.push_back("kafka.bootstrap.servers=" +
                  (proxy_ ? fmt::format("127.0.0.1:{}", proxy_->port()) : broker_->address()));
  return all;
}

std::unique_ptr<ServerProcess> Trial::make_server() const {
  return std::make_unique<ServerProcess>(directory_.path() + "/data", settings());
}

void Trial::complain(const std::string& what) {
  right_ = false;
  fmt::print("{}: WRONG: {}\n", kind_.name, what);
}

void Trial::start() {
  view_.clear();
  server_->spawn();
  if (!server_->wait_ready(start_patience)) throw std::runtime_error("the server did not start again");
  address_.set(server_->url());
}

void Trial::create() {
  start();
  execute_well(server_->url(),
               "CREATE STREAM rows_in (grp INT KEY, id BIGINT, v INT) "
               "WITH (kafka_topic = 'rows_in', partitions = 4, value_format = 'JSON');");
  execute_well(server_->url(),
               "CREATE STREAM probes (id INT) WITH (kafka_topic = 'probes', partitions = 1, value_format = 'JSON');");
  for (const std::string& statement : kind_.statements)
    execute_well(server_->url(), fmt::format(fmt::runtime(statement), ""));
}

void Trial::check(const Clients& clients) {
  for (const auto& client : clients) {
    acknowledged_ += client->acknowledged().size();
    // Kafka that is away refuses, and a server that lost its place; one that was killed says nothing. A producer of
    // Kafka's waits for it.
    if (options_.death == Death::server || client->way() == InsertClient::Way::producer)
      for (const std::string& refusal : client->refusals()) complain("an insert was refused: " + refusal);
  }
  try {
    const std::vector<KillRow> rows = check_source(clients);
    rows_ = rows.size();
    make_again(server_->url(), kind_);
    check_result(rows);
    // The same once more, after an end in good order.
    server_->terminate();
    if (const int status = server_->reap(); status != 0) complain(fmt::format("SIGTERM: exit status {}", status));
    start();
    check_result(rows);
  } catch (const std::exception& error) {
    complain(error.what());
  }
}

// Acknowledged: exactly once in the stream; sent: at most once.
std::vector<KillRow> Trial::check_source(const Clients& clients) {
  std::vector<KillRow> rows;
  std::unordered_map<int64_t, std::string> ids;  // with where they are
  for (const auto& found : query(server_->url(), "SELECT id, grp, v, ROWTIME, ROWPARTITION, ROWOFFSET FROM rows_in;")) {
    const KillRow row(found.at(0).get<int64_t>());
    if (found.at(1) != row.group || found.at(2) != row.value || found.at(3) != row.time)
      complain("the stream holds a row that nobody sent: " + found.dump());
    const std::string place = fmt::format("[{}] at {}", found.at(4).dump(), found.at(5).dump());
    if (const auto [at, fresh] = ids.try_emplace(row.id, place); !fresh)
      complain(fmt::format("the stream holds row {} twice: {} and {}", row.id, at->second, place));
    rows.push_back(row);
  }
  for (const auto& [id, place] : ids) {
    const auto& client = clients.at(static_cast<size_t>(id / ids_per_client - 1));
    if (!client->sent(id)) complain(fmt::format("the stream holds row {}, which nobody sent", id));
  }
  for (const auto& client : clients) {
    for (const int64_t id : client->acknowledged())
      if (!ids.contains(id)) complain(fmt::format("row {} was acknowledged and is not in the stream", id));
  }
  return rows;
}

void Trial::check_result(const std::vector<KillRow>& rows) {
  std::string wrong;
  for (const auto deadline = Clock::now() + settle_patience; Clock::now() < deadline;) {
    wrong = kind_.check(server_->url(), rows);
    if (wrong.empty() && broker_) wrong = topic_differences();
    if (wrong.empty()) return;
    std::this_thread::sleep_for(200ms);
  }
  complain("the result: " + wrong);
  fmt::print("{}\n", execute(server_->url(), "SHOW QUERIES;").body.dump());
}

// Between the results and those of the uninterrupted run.
std::string Trial::topic_differences() const {
  auto read = [&](const std::string& topic, size_t key_bytes) {
    return read_committed(broker_->address(), topic, key_bytes);
  };
  for (const std::string& topic : kind_.records) {
    const std::string wrong =
        order_difference(read(fmt::format("{}{}", topic, again), group_bytes), read(topic, group_bytes));
    if (!wrong.empty()) return fmt::format("{}, beside an uninterrupted run: {}", topic, wrong);
  }
  for (const std::string& topic : kind_.tables) {
    auto last = [&](const std::string& name) {
      CommittedTopic all = read(name, std::string::npos);
      for (auto& [key, records] : all) records.erase(records.begin(), records.end() - 1);
      return all;
    };
    const std::string wrong = order_difference(last(fmt::format("{}{}", topic, again)), last(topic));
    if (!wrong.empty()) return fmt::format("{}, beside an uninterrupted run: {}", topic, wrong);
  }
  return {};
}

void Trial::report() {
  fmt::print("{}: {} rows, {} of them acknowledged; ", kind_.name, rows_, acknowledged_);
  if (options_.death != Death::server) {
    fmt::print("{}\n", fmt::join(happened_, "; "));
    return;
  }
  fmt::print("kills by phase:");
  for (size_t phase = 0; phase < step_phase_count; ++phase) {
    if (!expected(static_cast<StepPhase>(phase))) continue;
    fmt::print("{} {} {}", phase == 0 ? "" : ",", step_phase_name(static_cast<StepPhase>(phase)), hits_[phase]);
  }
  fmt::print("\n");
  for (size_t phase = 0; phase < step_phase_count; ++phase) {
    if (hits_[phase] == 0 && expected(static_cast<StepPhase>(phase)))
      complain(fmt::format("no kill fell into the phase '{}'", step_phase_name(static_cast<StepPhase>(phase))));
  }
}

}  // namespace millrace::testing
