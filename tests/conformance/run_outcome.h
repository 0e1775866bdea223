// What running a case gives.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "runtime/error.h"
#include "runtime/step.h"
#include "tests/conformance/test_case.h"

namespace millrace::conformance {

enum class LogKind : uint8_t { memory, embedded, kafka };

struct RunOptions {
  size_t batch_rows = 1;  // records that are fed together, and rows of a batch
  bool verbose = false;   // print what happens
  LogKind log = LogKind::memory;
  std::string brokers;                  // of a log on Kafka, which each case empties
  StepPhase dies_at = StepPhase::idle;  // the server dies there once per record, and is started again

  template <class... Arguments>
  void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
    if (verbose) fmt::print(format, std::forward<Arguments>(arguments)...);
  }
};

struct Outcome {
  bool passed = false;
  std::string reason;            // of a miss, in one line, without the case's data
  std::string detail;            // of a miss: the first difference or the refusal, in one line
  bool message_matches = false;  // of a refusal: its message holds what is expected
  bool not_built = false;        // of a refusal: since the construct is not there yet
  int64_t deaths = 0;            // of servers
};

// A case is not as expected, or cannot be run.
class Miss : public std::runtime_error {
 public:
  explicit Miss(const std::string& reason) : Miss(reason, reason) {}
  Miss(const std::string& reason, const std::string& detail) : std::runtime_error(detail), reason_(reason) {}

  const std::string& reason() const { return reason_; }

 private:
  std::string reason_;
};

// A statement that should be accepted was refused.
[[nodiscard]] Miss refused(const TestCase& test, std::string_view code, std::string_view message);
// Refusals that tell what is not there yet.
bool lacks_something(std::string_view code, std::string_view message);
// A message without names and literals of the case: what stands in quotes is left out.
std::string without_data(std::string_view message);

// Runs it; a Miss becomes the outcome.
Outcome outcome_of(const std::function<void(Outcome&)>& run);

}  // namespace millrace::conformance
