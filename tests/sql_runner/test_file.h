// A .test file: what it says, command by command. tests/sql/README.md describes the form.
#pragma once

#include <string>
#include <vector>

namespace millrace {

struct TestCommand {
  enum class Kind { statement_ok, statement_error, feed, feed_raw, expect, query, counters, restart };
  Kind kind = Kind::statement_ok;
  int line = 0;
  std::string argument;            // the error's name, the topic, or a SELECT's or a statement's text
  std::string text;                // of a statement or query
  std::vector<std::string> lines;  // rows fed or expected
};

// Throws std::runtime_error with file and line where it cannot be read.
std::vector<TestCommand> read_test_file(const std::string& path);

}  // namespace millrace
