// A line from a terminal, edited by libedit, with completion, with pasted text taken as it stands, and with a history
// kept over sessions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shell/completion.h"

namespace millrace::shell {

// Belongs to one thread. While one lives the terminal echoes nothing by itself: what is typed ahead, or pasted, stands
// where it is read.
class LineEditor {
 public:
  // Of the text of the line before and after the cursor.
  using Completer = std::function<Completion(const std::string& before, const std::string& after)>;

  // `history_file` may be empty. `interrupt_descriptor` becomes readable on Ctrl-C.
  LineEditor(const std::string& history_file, int interrupt_descriptor, Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Event { line, interrupted, ended };
  // The line comes with its end of line.
  Event read(const std::string& prompt, std::string& line);
  // Keeps a statement in the history and its file at once; of several lines it makes one.
  void remember(const std::string& statement);
  // The latest, oldest first.
  std::vector<std::string> history(size_t count) const;
  // What was pasted and not read yet is left.
  void drop_pasted();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace::shell
