// Runs the tests, and prints at the end which test of the contract each log passed.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "tests/log/child.h"

namespace {

class ContractTable : public ::testing::EmptyTestEventListener {
 public:
  void OnTestEnd(const ::testing::TestInfo& info) override {
    const std::string suite = info.test_suite_name();
    const std::string name = info.name();
    const size_t slash = name.rfind('/');
    if (suite.find("LogContract") == std::string::npos || slash == std::string::npos) return;
    const std::string log = name.substr(slash + 1);
    logs_.insert(log);
    cells_[name.substr(0, slash)][log] = info.result()->Passed() ? "ok" : "FAILED";
  }

  void OnTestProgramEnd(const ::testing::UnitTest&) override {
    if (cells_.empty()) return;
    std::printf("\n%-48s", "contract");
    for (const auto& log : logs_) std::printf("%-10s", log.c_str());
    for (auto& [test, cells] : cells_) {
      std::printf("\n%-48s", test.c_str());
      for (const auto& log : logs_) std::printf("%-10s", cells.count(log) ? cells[log].c_str() : "not run");
    }
    std::printf("\n");
  }

 private:
  std::set<std::string> logs_;
  std::map<std::string, std::map<std::string, std::string>> cells_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    if (auto child = millrace::testing::find_child(argv[1])) return child({argv + 2, argv + argc});
  }
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::UnitTest::GetInstance()->listeners().Append(new ContractTable);
  return RUN_ALL_TESTS();
}
