// Passed and total, per file and per kind.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "tests/conformance/run_outcome.h"

namespace millrace::conformance {

class Score {
 public:
  void add(const TestCase& test, const Outcome& outcome);
  void skip(const TestCase& test) { ++skipped_[static_cast<size_t>(test.status)]; }
  // The table, a line for each kind, and last "N passed, N failed".
  void print() const;

 private:
  struct Count {
    int passed = 0, total = 0;
  };
  using Kinds = std::array<Count, 3>;

  std::map<std::string, Kinds> files_;
  Kinds kinds_{};
  int messages_ = 0, not_built_ = 0;
  std::array<int, 3> skipped_{};
};

}  // namespace millrace::conformance
