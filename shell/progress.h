// How far long work is, on one line of a terminal that the next output takes the place of.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

#include "shell/terminal.h"

namespace millrace::shell {

// Nothing where there is no terminal, and nothing of work that is soon done. Belongs to one thread.
class Progress {
 public:
  Progress(std::ostream& out, const Terminal& terminal) : out_(out), terminal_(terminal) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Whether it is time to show something again.
  bool due();
  void show(const std::string& text);
  // Before anything else is written to the terminal.
  void clear();
  double seconds() const;
  // "1200 rows, 300/s"
  std::string rate_of(size_t count, const char* what) const;

 private:
  using Clock = std::chrono::steady_clock;

  std::ostream& out_;
  const Terminal terminal_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_ + std::chrono::seconds(1);
  bool shown_ = false;
};

}  // namespace millrace::shell
