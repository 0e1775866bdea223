#include "tests/sql_runner/test_file.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace millrace {

namespace {

// "generate N TEMPLATE": N rows, each the template with {i} and {i%k} replaced by the row's number and its remainder.
void generate(const std::string& line, std::vector<std::string>& rows) {
  std::istringstream in(line);
  std::string word;
  int64_t count = 0;
  in >> word >> count;
  std::string pattern;
  std::getline(in >> std::ws, pattern);
  for (int64_t i = 0; i < count; ++i) {
    std::string row;
    for (size_t at = 0; at < pattern.size();) {
      const size_t open = pattern.find("{i", at);
      if (open == std::string::npos) {
        row += pattern.substr(at);
        break;
      }
      const size_t close = pattern.find('}', open);
      row += pattern.substr(at, open - at);
      const std::string inner = pattern.substr(open + 2, close - open - 2);
      int64_t value = i;
      if (inner.starts_with('%')) value = i % std::stoll(inner.substr(1));
      if (inner.starts_with('*')) value = i * std::stoll(inner.substr(1));
      row += std::to_string(value);
      at = close + 1;
    }
    rows.push_back(row);
  }
}

class TestFileReader {
 public:
  explicit TestFileReader(const std::string& path) : path_(path), in_(path), page_(path.ends_with(".md")) {
    if (!in_) throw std::runtime_error("cannot read " + path);
  }

  std::vector<TestCommand> read() {
    std::vector<TestCommand> commands;
    while (next()) {
      if (line_.empty()) continue;
      commands.push_back(command());
    }
    return commands;
  }

 private:
  // The next line without comments; false at the end. Of a page only what stands in its test blocks, an empty line
  // after each.
  bool next() {
    while (std::getline(in_, line_)) {
      ++number_;
      if (page_ && line_.starts_with("```")) {
        const bool ends = within_;
        within_ = !within_ && line_ == "```test";
        line_.clear();
        if (ends) return true;
        continue;
      }
      if (page_ && !within_) continue;
      if (!line_.starts_with('#')) return true;
    }
    return false;
  }

  TestCommand command() {
    TestCommand out;
    out.line = number_;
    std::istringstream words(line_);
    std::string first, second;
    words >> first >> second >> out.argument;
    if (first == "statement" && (second == "ok" || second == "error")) {
      out.kind = second == "ok" ? TestCommand::Kind::statement_ok : TestCommand::Kind::statement_error;
      if (second == "error" && out.argument.empty()) fail("statement error needs the error's name");
      while (next() && !line_.empty()) out.text += line_ + "\n";
    } else if (first == "feed") {
      out.kind = second == "raw" ? TestCommand::Kind::feed_raw : TestCommand::Kind::feed;
      if (second != "raw") out.argument = second;
      read_rows(out);
    } else if (first == "expect") {
      out.kind = TestCommand::Kind::expect;
      out.argument = second;
      read_rows(out);
    } else if (first == "query") {
      out.kind = TestCommand::Kind::query;
      while (next() && line_ != "----") {
        if (line_.empty()) fail("a query needs a line ---- before its rows");
        out.text += line_ + "\n";
      }
      read_rows(out);
    } else if (first == "counters") {
      out.kind = TestCommand::Kind::counters;
      out.argument = second;
      read_rows(out);
    } else if (first == "restart") {
      out.kind = TestCommand::Kind::restart;
    } else {
      fail("unknown command " + first);
    }
    return out;
  }

  void read_rows(TestCommand& out) {
    while (next() && !line_.empty()) {
      if (line_.starts_with("generate ")) {
        generate(line_, out.lines);
      } else {
        out.lines.push_back(line_);
      }
    }
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw std::runtime_error(fmt::format("{}:{}: {}", path_, number_, message));
  }

  std::string path_;
  std::ifstream in_;
  bool page_;            // Markdown
  bool within_ = false;  // a test block of it
  std::string line_;
  int number_ = 0;
};

}  // namespace

std::vector<TestCommand> read_test_file(const std::string& path) { return TestFileReader(path).read(); }

}  // namespace millrace
