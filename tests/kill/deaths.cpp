// What happens to the servers and brokers of a trial.
#include <fmt/format.h>

#include <csignal>

#include "tests/kill/trial.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto phase_patience = 3s;
constexpr auto frozen_for = 20s;
constexpr auto away_for = 60s;
constexpr auto start_patience = 60s;
constexpr auto recovery_patience = 60s;
constexpr auto fenced_patience = 30s;
constexpr auto late_by = 1s;
constexpr int fenced_status = 3;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

}  // namespace

void Trial::die_again_and_again() {
  if (options_.death == Death::server) return kill_servers();
  for (int i = 0; i < options_.count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % (options_.death == Death::ending ? 200 : 1'500)));
    switch (options_.death) {
      case Death::server:
        break;
      case Death::broker:
        stop_broker(false, 0s);
        break;
      case Death::frozen:
        stop_broker(true, frozen_for);
        break;
      case Death::away:
        stop_broker(false, away_for);
        break;
      case Death::takeover:
        take_over();
        break;
      case Death::ending:
        disturb_ending(i);
        break;
    }
  }
}

// Half of the kills come when they come; the others go for what these have missed. Some more are allowed for phases
// that pass so quickly that a kill arrives after their end.
void Trial::kill_servers() {
  const int more_max = 3 * options_.count;
  for (int i = 0; i < options_.count || (missing() && i < options_.count + more_max); ++i) {
    if (i < (options_.count + 1) / 2 || !missing()) {
      kill_at_random(i % 5 == 4);
    } else {
      kill_in(*missing());
    }
  }
  if (!server_->running()) start();
}

void Trial::kill_at_random(bool while_starting) {
  if (!while_starting) {
    if (!server_->running()) start();
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 400'000));
    return finish_kill();
  }
  if (server_->running()) finish_kill();
  view_.clear();
  server_->spawn();
  std::this_thread::sleep_for(std::chrono::microseconds(random_() % 100'000));
  finish_kill();
}

void Trial::kill_in(StepPhase phase) {
  if (!server_->running()) start();
  const auto deadline = Clock::now() + phase_patience;
  while (view_.last() != phase && Clock::now() < deadline) continue;
  finish_kill();
}

void Trial::finish_kill() {
  server_->kill();
  address_.set(std::nullopt);
  const int status = server_->reap();
  if (status != -SIGKILL) complain(fmt::format("the server ended by itself, with {}", status));
  ++hits_[static_cast<size_t>(view_.last())];
}

std::optional<StepPhase> Trial::missing() const {
  std::optional<StepPhase> least;
  for (size_t phase = 0; phase < step_phase_count; ++phase) {
    // The idle one is met before the first step only, which is what a kill at the start meets.
    if (hits_[phase] == 0 && phase != static_cast<size_t>(StepPhase::idle) && expected(static_cast<StepPhase>(phase)))
      least = static_cast<StepPhase>(phase);
  }
  return least;
}

// The server stays up, says what is wrong, refuses what it cannot take, and goes on where it was.
void Trial::stop_broker(bool freeze, std::chrono::seconds duration) {
  const auto begin = Clock::now();
  freeze ? broker_->freeze(true) : broker_->kill();
  if (duration > 0s) {
    expect_trouble(std::min<std::chrono::seconds>(duration, 20s));
    if (duration >= away_for) expect_refusal();
    std::this_thread::sleep_until(begin + duration);
  }
  freeze ? broker_->freeze(false) : broker_->restart();
  const auto back = Clock::now();
  expect_rows_again();
  happened_.push_back(fmt::format("away {:.1f} s, rows again {:.1f} s later",
                                  std::chrono::duration<double>(back - begin).count(), seconds_since(back)));
}

void Trial::expect_trouble(std::chrono::seconds patience) {
  const auto begin = Clock::now();
  for (;;) {
    const Answer health = get(server_->url(), "/healthcheck");
    if (health.status == 503 && health.body.value("reason", "").find("Kafka") != std::string::npos) break;
    if (Clock::now() - begin > patience) return complain("/healthcheck says nothing of Kafka: " + health.body.dump());
    std::this_thread::sleep_for(100ms);
  }
  happened_.push_back(fmt::format("/healthcheck said so after {:.1f} s", seconds_since(begin)));
}

void Trial::expect_refusal() {
  const auto begin = Clock::now();
  const Answer answer = execute(server_->url(), "INSERT INTO probes VALUES (1);");
  if (answer.status == 200) return complain("a row was taken while Kafka was away");
  happened_.push_back(fmt::format("an insert was refused after {:.1f} s", seconds_since(begin)));
}

void Trial::expect_rows_again() {
  const auto begin = Clock::now();
  while (execute(server_->url(), "INSERT INTO probes VALUES (2);").status != 200) {
    if (Clock::now() - begin > recovery_patience)
      throw std::runtime_error("no row is taken after the broker came back");
    std::this_thread::sleep_for(100ms);
  }
}

// Woken, the first one ends with status 3; that it wrote and acknowledged nothing the check of the rows tells.
void Trial::take_over() {
  server_->freeze(true);
  auto second = make_server();
  const auto begin = Clock::now();
  second->spawn();
  if (!second->wait_ready(start_patience)) throw std::runtime_error("the second server did not start");
  const double started = seconds_since(begin);
  address_.set(second->url());
  std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 1'000));
  const auto woken = Clock::now();
  server_->freeze(false);
  while (server_->running() && Clock::now() - woken < fenced_patience) std::this_thread::sleep_for(20ms);
  if (server_->running()) {
    complain("the first server does not end");
    server_->kill();
  }
  const int status = server_->reap();
  if (status != fenced_status) complain(fmt::format("the first server ended with {}", status));
  happened_.push_back(
      fmt::format("second ready after {:.1f} s, first ended after {:.1f} s", started, seconds_since(woken)));
  server_ = std::move(second);
}

// One transaction's end is late, or never reaches the broker, or its answer does not come back.
void Trial::disturb_ending(int number) {
  constexpr std::array actions = {TcpProxy::Action::lose_answer, TcpProxy::Action::delay, TcpProxy::Action::drop};
  constexpr std::array names = {"answer lost", "late", "lost"};
  const size_t which = static_cast<size_t>(number) % actions.size();
  std::atomic<bool> armed = true;
  proxy_->set_delay(late_by);
  proxy_->set_rule([&](KafkaRequest request) {
    const bool hit = request == KafkaRequest::end_transaction && armed.exchange(false);
    return hit ? actions[which] : TcpProxy::Action::pass;
  });
  const auto begin = Clock::now();
  while (armed && Clock::now() - begin < recovery_patience) std::this_thread::sleep_for(1ms);
  proxy_->set_rule(nullptr);
  if (armed) throw std::runtime_error("no transaction ended");
  expect_rows_again();
  happened_.push_back(fmt::format("{}, rows again {:.1f} s later", names[which], seconds_since(begin)));
}

}  // namespace millrace::testing
