// The results that are known: a text file, per line the case's file, its name, `pass` or `miss`, and of a miss the
// reason.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace millrace::conformance {

struct CaseResult {
  std::string file, name;
  bool passed = false;
  std::string reason;  // of a miss
};

// A reason that was written by the program ends with this and is written anew; others are kept while the case is a
// miss.
inline constexpr std::string_view automatic = " (automatic)";

class KnownResults {
 public:
  // Empty where there is no such file. Throws JsonError where a line is not as it should be.
  static KnownResults read(const std::filesystem::path& file);

  // What is worse than known, one line each: a case that passed and is a miss, or a miss that nobody knows.
  std::vector<std::string> worse(const std::vector<CaseResult>& results) const;
  // How many cases pass that are known as misses.
  size_t better(const std::vector<CaseResult>& results) const;
  // Takes the results; cases that were not run stay as they are.
  void take(const std::vector<CaseResult>& results);
  void write(const std::filesystem::path& file) const;

 private:
  std::map<std::pair<std::string, std::string>, CaseResult> results_;  // by file and name
};

}  // namespace millrace::conformance
