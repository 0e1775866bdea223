#include "shell/dialogue.h"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>

#include "shell/line_editor.h"

namespace millrace::shell {
namespace {

constexpr size_t history_shown = 50;

std::string history_file() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home) + "/.millrace_history";
}

class Dialogue {
 public:
  Dialogue(ShellSession& session, Script& script)
      : session_(session),
        script_(script),
        editor_(history_file(), session.interrupt_descriptor(),
                [this](const std::string& before, const std::string& after) { return complete_line(before, after); }) {}

  void run() {
    for (std::string line; !script_.left();) {
      switch (editor_.read(splitter_.empty() ? "millrace> " : "       -> ", line)) {
        case LineEditor::Event::ended:
          std::cout << std::endl;
          return;
        case LineEditor::Event::interrupted:
          leave_all();
          continue;
        case LineEditor::Event::line:
          break;
      }
      const bool begins = splitter_.empty();
      splitter_.add(line);
      if (begins && Script::is_own(splitter_.pending().empty() ? line : splitter_.pending())) end_statement();
      session_.take_interrupt();  // of a line that was left
      for (auto statement = splitter_.next(); statement && !script_.left(); statement = splitter_.next()) {
        editor_.remember(statement->text);
        if (run_one({statement->text, 1}) == Outcome::interrupted) leave_all();
      }
    }
  }

 private:
  // The rest of a line that needs no semicolon.
  void end_statement() {
    std::string rest(splitter_.pending());
    splitter_.clear();
    rest.resize(rest.find_last_not_of(" \t\n") + 1);
    splitter_.add(rest + (rest.ends_with(';') ? "\n" : ";\n"));
  }

  // What is being typed, and what was pasted behind.
  void leave_all() {
    splitter_.clear();
    editor_.drop_pasted();
    session_.take_interrupt();
  }

  Outcome run_one(const StatementText& statement) {
    if (first_word(statement.text) != "HISTORY") return script_.run_one(statement, "");
    for (const std::string& each : editor_.history(history_shown)) std::cout << each << "\n";
    std::cout << std::flush;
    return Outcome::done;
  }

  Completion complete_line(const std::string& before, const std::string& after) {
    using Names = const std::vector<std::string>&;
    const NameSource source{[this](NameKind kind) -> Names { return session_.names().of(kind); },
                            [this](const std::string& name) -> Names { return session_.names().columns_of(name); }};
    return complete(std::string(splitter_.pending()) + before, after, source);
  }

  ShellSession& session_;
  Script& script_;
  StatementSplitter splitter_;
  LineEditor editor_;
};

}  // namespace

int run_dialogue(ShellSession& session, Script& script) {
  try {
    std::cout << fmt::format("millrace {} at {}. HELP helps, Tab completes, Ctrl-D leaves.\n", session.server_version(),
                             session.url().to_string());
  } catch (const ConnectionError& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
  session.wait_for_server();
  Dialogue(session, script).run();
  return 0;
}

}  // namespace millrace::shell
