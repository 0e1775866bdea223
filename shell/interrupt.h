// Ctrl-C as something to ask for and to wait on.
#pragma once

namespace millrace::shell {

// While one lives, SIGINT no longer ends the program. At most one at a time; process-wide, as signals are.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Readable while an interrupt is pending.
  int descriptor() const;
  // Whether one came since the last call.
  bool take();
};

}  // namespace millrace::shell
