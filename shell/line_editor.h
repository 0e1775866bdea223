// A line from a terminal, edited by libedit, with a history kept over sessions.
#pragma once

#include <memory>
#include <string>

namespace millrace::shell {

class LineEditor {
 public:
  // `interrupt_descriptor` becomes readable on Ctrl-C.
  LineEditor(const std::string& history_file, int interrupt_descriptor);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Event { line, interrupted, ended };
  // The line comes with its end of line.
  Event read(const std::string& prompt, std::string& line);
  void remember(const std::string& statement);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::shell
