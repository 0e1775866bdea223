#include "tests/conformance/known_results.h"

#include <fmt/format.h>

#include <fstream>

#include "tests/conformance/json_value.h"

namespace millrace::conformance {

KnownResults KnownResults::read(const std::filesystem::path& file) {
  KnownResults known;
  std::ifstream in(file);
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    std::vector<std::string> parts;
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find('\t', at), line.size());
      parts.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    const bool passed = parts.size() == 3 && parts[2] == "pass";
    if (!passed && (parts.size() != 4 || parts[2] != "miss" || parts[3].empty()))
      throw JsonError(fmt::format("{}:{}: expected file, name, 'pass', or file, name, 'miss', reason; between tabs",
                                  file.string(), number));
    known.results_[{parts[0], parts[1]}] = {parts[0], parts[1], passed, passed ? "" : parts[3]};
  }
  return known;
}

std::vector<std::string> KnownResults::worse(const std::vector<CaseResult>& results) const {
  std::vector<std::string> lines;
  for (const CaseResult& result : results) {
    if (result.passed) continue;
    const auto known = results_.find({result.file, result.name});
    if (known == results_.end()) {
      lines.push_back(fmt::format("UNKNOWN MISS {}: {}: {}", result.file, result.name, result.reason));
    } else if (known->second.passed) {
      lines.push_back(fmt::format("PASSED BEFORE {}: {}: {}", result.file, result.name, result.reason));
    }
  }
  return lines;
}

size_t KnownResults::better(const std::vector<CaseResult>& results) const {
  size_t count = 0;
  for (const CaseResult& result : results) {
    const auto known = results_.find({result.file, result.name});
    if (result.passed && known != results_.end() && !known->second.passed) ++count;
  }
  return count;
}

void KnownResults::take(const std::vector<CaseResult>& results) {
  for (const CaseResult& result : results) {
    CaseResult& known = results_[{result.file, result.name}];
    const bool keep = !result.passed && !known.reason.empty() && !known.reason.ends_with(automatic);
    const std::string reason = result.passed ? "" : keep ? known.reason : result.reason + std::string(automatic);
    known = result;
    known.reason = reason;
  }
}

void KnownResults::write(const std::filesystem::path& file) const {
  std::ofstream out(file);
  for (const auto& [key, result] : results_)
    out << fmt::format("{}\t{}\t{}\n", result.file, result.name, result.passed ? "pass" : "miss\t" + result.reason);
  if (!out.flush()) throw JsonError("cannot write " + file.string());
}

}  // namespace millrace::conformance
