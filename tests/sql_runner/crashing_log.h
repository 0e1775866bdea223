// A log whose server can die: from that moment nothing that the server sends reaches the log, as with kill -9.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "runtime/log.h"
#include "runtime/step.h"

namespace millrace {

// Decides when a server dies: the first time that it reaches a boundary of a step after a commit of its own, so that a
// step dies there once and then comes through, however often it reaches it. Outlives the servers that it kills. Safe to
// call from any thread.
class Executioner {
 public:
  explicit Executioner(StepPhase phase) : phase_(phase) {}

  // The hook of an engine.
  void reached(StepPhase phase);
  bool dead() const { return dead_; }
  // Whether the commit that is being sent arrives although the server dies waiting for its answer.
  bool take_last_commit() { return last_commit_.exchange(false); }
  // A new server starts.
  void revive() {
    dead_ = false;
    last_commit_ = false;
  }
  void arm(bool armed) { armed_ = armed; }
  // How often each boundary was reached, and how many servers died.
  int64_t hits(StepPhase phase) const { return hits_[static_cast<size_t>(phase)]; }
  int64_t deaths() const { return deaths_; }

 private:
  StepPhase phase_;
  std::atomic<bool> armed_{false}, dead_{false}, last_commit_{false};
  std::array<std::atomic<int64_t>, step_phase_count> hits_{};
  std::atomic<bool> may_die_{true};
  std::atomic<int64_t> deaths_{0};
};

// A view of `log` for one server at a time.
std::unique_ptr<Log> make_crashing_log(std::shared_ptr<Log> log, std::shared_ptr<Executioner> executioner);

}  // namespace millrace
