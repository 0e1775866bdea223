#include "shell/shell.h"

#include <fmt/format.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "shell/line_editor.h"
#include "shell/session.h"
#include "shell/statement_splitter.h"

namespace millrace::shell {
namespace {

using Outcome = ShellSession::Outcome;

constexpr int interrupted_status = 130;

constexpr const char* help_text =
    R"(Statements end with a semicolon. Some to begin with:
  SHOW STREAMS;  SHOW TABLES;  SHOW QUERIES;  SHOW TOPICS;  SHOW FUNCTIONS;
  DESCRIBE name [EXTENDED];  EXPLAIN query;
  SELECT ... EMIT CHANGES;       shows rows as they come, until Ctrl-C
  SET 'auto.offset.reset' = 'earliest';
In the shell itself:
  RUN SCRIPT 'file';  HELP;  EXIT; (or Ctrl-D)
)";

// Statements of a text, one after the other.
class Script {
 public:
  Script(ShellSession& session, bool keep_going) : session_(session), keep_going_(keep_going) {}

  // False: it is over.
  bool run(const std::string& text, const std::string& source) {
    StatementSplitter splitter;
    splitter.add(text);
    for (auto statement = splitter.next(); statement; statement = splitter.next()) {
      if (!run_one(*statement, source)) return false;
    }
    const auto rest = splitter.rest();
    return !rest || run_one(*rest, source);
  }

  bool run_file(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    if (!file || (!(text << file.rdbuf()) && !file.eof())) {
      std::cerr << "cannot read " << path << std::endl;
      status_ = 1;
      return keep_going_;
    }
    return run(text.str(), path);
  }

  int status() const { return status_; }

 private:
  bool run_one(const StatementText& statement, const std::string& source) {
    switch (session_.run(statement, source)) {
      case Outcome::done:
        return true;
      case Outcome::interrupted:
        status_ = interrupted_status;
        return false;
      case Outcome::failed:
        status_ = 1;
        return keep_going_;
    }
    return false;
  }

  ShellSession& session_;
  const bool keep_going_;
  int status_ = 0;
};

// The file of RUN SCRIPT 'file', or empty.
std::string script_of(const std::string& statement) {
  const size_t begin = statement.find('\'');
  const size_t end = statement.rfind('\'');
  return begin == end ? std::string() : statement.substr(begin + 1, end - begin - 1);
}

class Dialogue {
 public:
  Dialogue(ShellSession& session, const ShellOptions& options, int interrupt_descriptor)
      : session_(session), options_(options), editor_(history_file(), interrupt_descriptor) {}

  int run() {
    try {
      std::cout << fmt::format("millrace {} at {}. HELP; helps, Ctrl-D leaves.\n", session_.server_version(),
                               options_.url.to_string());
    } catch (const ConnectionError& error) {
      std::cerr << error.what() << "\nIs it running? `millrace serve` starts it." << std::endl;
      return 1;
    }
    StatementSplitter splitter;
    for (std::string line;;) {
      switch (editor_.read(splitter.empty() ? "millrace> " : "       -> ", line)) {
        case LineEditor::Event::ended:
          std::cout << std::endl;
          return 0;
        case LineEditor::Event::interrupted: {
          splitter.clear();
          session_.take_interrupt();
          continue;
        }
        case LineEditor::Event::line:
          break;
      }
      if (splitter.empty() && is_word_alone(line)) line = line.substr(0, line.find_last_not_of(" \t\n") + 1) + ";";
      splitter.add(line);
      for (auto statement = splitter.next(); statement; statement = splitter.next()) {
        editor_.remember(statement->text);
        if (!run_one({statement->text, 1})) return 0;
      }
    }
  }

 private:
  static std::string history_file() {
    const char* home = std::getenv("HOME");
    return home == nullptr ? std::string() : std::string(home) + "/.millrace_history";
  }

  // These may do without a semicolon.
  static bool is_word_alone(const std::string& line) {
    const std::string word = first_word(line);
    const bool alone = line.find_first_not_of(" \t\n", word.size()) == std::string::npos;
    return alone && (word == "HELP" || word == "EXIT" || word == "QUIT");
  }

  bool run_one(const StatementText& statement) {
    const std::string word = first_word(statement.text);
    if (word == "EXIT" || word == "QUIT") return false;
    if (word == "HELP") {
      std::cout << help_text << std::flush;
    } else if (word == "RUN") {
      Script(session_, options_.keep_going).run_file(script_of(statement.text));
    } else {
      session_.run(statement, "");
    }
    return true;
  }

  ShellSession& session_;
  const ShellOptions& options_;
  LineEditor editor_;
};

}  // namespace

int run_shell(const ShellOptions& options) {
  std::setlocale(LC_CTYPE, "");
  ShellSession session(options.url, options.output, std::cout, std::cerr);
  Script script(session, options.keep_going);
  const bool given = !options.files.empty() || !options.statements.empty() || !options.watched.empty();
  if (!given && isatty(STDIN_FILENO) != 0) return Dialogue(session, options, session.interrupt_descriptor()).run();
  if (!given) {
    std::ostringstream text;
    text << std::cin.rdbuf();
    script.run(text.str(), "stdin");
    return script.status();
  }
  for (const std::string& file : options.files) {
    if (!script.run_file(file)) return script.status();
  }
  for (const std::string& statement : options.statements) {
    if (!script.run(statement, "")) return script.status();
  }
  if (!options.watched.empty() && session.watch(options.watched) == Outcome::failed) return 1;
  return script.status();
}

}  // namespace millrace::shell
