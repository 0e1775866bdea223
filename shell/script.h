// Statements one after the other: the shell's own are carried out here, all others by the server.
#pragma once

#include <functional>
#include <string>

#include "shell/progress.h"
#include "shell/session.h"

namespace millrace::shell {

// Belongs to one thread.
class Script {
 public:
  // `version` is the shell's. With `keep_going` a text goes on after a statement that failed.
  Script(ShellSession& session, std::string version, bool keep_going, std::ostream& out, std::ostream& errors)
      : session_(session), version_(std::move(version)), keep_going_(keep_going), out_(out), errors_(errors) {}

  // The statements of a text, of standard input or of a file, as they come and as far as they go. `source` names the
  // text in what is said of its mistakes.
  Outcome run(const std::string& text, const std::string& source);
  Outcome run_standard_input();
  Outcome run_file(const std::string& path);
  Outcome run_one(const StatementText& statement, const std::string& source);

  // EXIT was said: nothing is run any more.
  bool left() const { return left_; }

  // Whether the shell itself carries out what begins with this; such a line of a person needs no semicolon.
  static bool is_own(std::string_view statement);

 private:
  Outcome run_named(std::string_view statement, const std::string& place);
  Outcome help(const std::string& topic);
  // False: there is no more.
  using ReadPiece = std::function<bool(std::string& piece)>;
  Outcome run_pieces(const ReadPiece& read, const std::string& source);
  Outcome run_complete(StatementSplitter& splitter, const std::string& source, Progress& progress);
  // Whether a text goes on after what ended so.
  bool goes_on(Outcome outcome) const {
    return !left_ && (outcome == Outcome::done || (outcome == Outcome::failed && keep_going_));
  }
  Outcome set_output(const std::vector<std::string>& words);
  Outcome fail(const std::string& message);

  ShellSession& session_;
  const std::string version_;
  const bool keep_going_;
  std::ostream& out_;
  std::ostream& errors_;
  bool left_ = false;
  int depth_ = 0;     // of scripts that run scripts
  size_t count_ = 0;  // of statements that were run
};

}  // namespace millrace::shell
