// The phase that a server shows in its debug.phase.file, from outside.
#pragma once

#include <string>

#include "server/phase_file.h"

namespace millrace::testing {

class PhaseView {
 public:
  explicit PhaseView(const std::string& path);
  ~PhaseView();
  PhaseView(const PhaseView&) = delete;
  PhaseView& operator=(const PhaseView&) = delete;

  StepPhase last() const { return static_cast<StepPhase>(board_->last.load(std::memory_order_acquire)); }
  // Before a server starts, so that what the previous one left is not taken for its own.
  void clear() { board_->last = static_cast<uint8_t>(StepPhase::idle); }

 private:
  PhaseBoard* board_;
};

}  // namespace millrace::testing
