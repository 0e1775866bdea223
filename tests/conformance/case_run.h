// One case on an engine of its own, over a log in memory.
#pragma once

#include <string>

#include "tests/conformance/test_case.h"

namespace millrace::conformance {

struct RunOptions {
  size_t batch_rows = 1;  // records that are fed together, and rows of a batch
  bool verbose = false;   // print what happens
};

struct Outcome {
  bool passed = false;
  std::string reason;            // of a miss, in one line, without the case's data
  std::string detail;            // of a miss: the first difference or the refusal, in one line
  bool message_matches = false;  // of a refusal: its message holds what is expected
  bool not_built = false;        // of a refusal: since the construct is not there yet
};

// Whether the case can be run so: with several topics it is fed record by record.
bool can_run(const TestCase& test, const RunOptions& options);
Outcome run_case(const TestCase& test, const RunOptions& options);

}  // namespace millrace::conformance
