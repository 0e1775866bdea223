// sql_test FILE…: runs each .test file at several batch sizes, and with a server that dies at every boundary of a step.
#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "tests/sql_runner/scenario.h"

namespace {

using namespace millrace;

constexpr std::array batch_sizes = {size_t{1}, size_t{2}, size_t{7}, size_t{8192}};
constexpr std::array deadly = {StepPhase::read, StepPhase::computed, StepPhase::commit_sent, StepPhase::committed,
                               StepPhase::answered};
// Files with many rows run in few of the ways: batches of one row, and a death per row, would take minutes.
constexpr size_t many_rows = 2'000;

std::vector<Circumstances> ways_to_run(const std::vector<TestCommand>& commands) {
  size_t rows = 0;
  for (const TestCommand& command : commands)
    if (command.kind == TestCommand::Kind::feed || command.kind == TestCommand::Kind::feed_raw)
      rows += command.lines.size();
  std::vector<Circumstances> ways;
  for (const size_t size : batch_sizes)
    if (rows <= many_rows || size > 2) ways.push_back({.batch_rows = size});
  ways.push_back({.batch_rows = 8192, .threads = 1});
  for (const StepPhase phase : deadly)
    ways.push_back({.batch_rows = rows <= many_rows ? size_t{3} : size_t{4096}, .crash = phase});
  return ways;
}

// Whether every way gave what is expected.
bool run_file(const std::string& path) {
  const std::vector<TestCommand> commands = read_test_file(path);
  bool passed = true;
  std::array<int64_t, step_phase_count> hits{};
  int64_t deaths = 0;
  for (const Circumstances& circumstances : ways_to_run(commands)) {
    Scenario scenario(circumstances);
    const std::string wrong = scenario.run(commands);
    if (!wrong.empty()) {
      fmt::print("FAILED {} with {}: {}\n", path, circumstances.to_string(), wrong);
      passed = false;
    }
    for (size_t p = 0; p < step_phase_count; ++p) hits[p] += scenario.executioner().hits(static_cast<StepPhase>(p));
    deaths += scenario.executioner().deaths();
  }
  std::string counts;
  for (const StepPhase phase : deadly)
    counts += fmt::format(", {} {}", step_phase_name(phase), hits[static_cast<size_t>(phase)]);
  fmt::print("{} {}: {} deaths; boundaries reached{}\n", passed ? "passed" : "FAILED", path, deaths, counts.substr(1));
  return passed;
}

}  // namespace

int main(int count, char** arguments) {
  int failed = 0;
  for (int i = 1; i < count; ++i) {
    try {
      if (!run_file(arguments[i])) ++failed;
    } catch (const std::exception& error) {
      fmt::print("FAILED {}\n", error.what());
      ++failed;
    }
  }
  return failed == 0 && count > 1 ? 0 : 1;
}
