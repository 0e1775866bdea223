#include "tests/conformance/score.h"

#include <fmt/format.h>

namespace millrace::conformance {

void Score::add(const TestCase& test, const Outcome& outcome) {
  const auto kind = static_cast<size_t>(test.kind);
  for (Count* count : {&files_[test.file][kind], &kinds_[kind]}) {
    ++count->total;
    if (outcome.passed) ++count->passed;
  }
  if (test.kind != CaseKind::refusal || !outcome.passed) return;
  if (outcome.message_matches) ++messages_;
  if (outcome.not_built) ++not_built_;
}

void Score::print() const {
  const auto cell = [](const Count& count) {
    return count.total == 0 ? std::string("-") : fmt::format("{}/{}", count.passed, count.total);
  };
  fmt::print("{:<44} {:>9} {:>9} {:>9} {:>9}\n", "file", "all", "data", "registry", "refusals");
  Count all;
  for (const auto& [file, kinds] : files_) {
    Count sum;
    for (const Count& count : kinds) {
      sum.passed += count.passed;
      sum.total += count.total;
    }
    all.passed += sum.passed;
    all.total += sum.total;
    fmt::print("{:<44} {:>9} {:>9} {:>9} {:>9}\n", file, cell(sum), cell(kinds[0]), cell(kinds[1]), cell(kinds[2]));
  }
  fmt::print("\ndata (JSON, DELIMITED, KAFKA, NONE)       {}\n", cell(kinds_[0]));
  fmt::print("data with a schema registry               {}\n", cell(kinds_[1]));
  fmt::print(
      "refusals                                  {}, {} with the expected message, {} since it is not built yet\n",
      cell(kinds_[2]), messages_, not_built_);
  fmt::print("not counted                               {} disabled, {} with functions of the other engine's tests\n\n",
             skipped_[static_cast<size_t>(CaseStatus::disabled)], skipped_[static_cast<size_t>(CaseStatus::foreign)]);
  fmt::print("{} passed, {} failed\n", all.passed, all.total - all.passed);
}

}  // namespace millrace::conformance
