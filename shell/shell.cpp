#include "shell/shell.h"

#include <unistd.h>

#include <iostream>

#include "shell/dialogue.h"
#include "shell/script.h"
#include "shell/terminal.h"

namespace millrace::shell {
namespace {

constexpr int interrupted_status = 130;

// What is given on the command line, or else on standard input.
Outcome run_given(const ShellOptions& options, ShellSession& session, Script& script) {
  Outcome worst = Outcome::done;
  // False: it is over.
  const auto goes_on = [&](Outcome outcome) {
    if (outcome != Outcome::done) worst = outcome;
    return !script.left() && (outcome == Outcome::done || (outcome == Outcome::failed && options.keep_going));
  };
  if (options.files.empty() && options.statements.empty() && options.watched.empty()) {
    return script.run_standard_input();
  }
  for (const std::string& file : options.files) {
    if (!goes_on(script.run_file(file))) return worst;
  }
  for (const std::string& statement : options.statements) {
    if (!goes_on(script.run(statement, ""))) return worst;
  }
  if (!options.watched.empty() && session.watch(options.watched) == Outcome::failed) return Outcome::failed;
  return worst;
}

}  // namespace

int run_shell(const ShellOptions& options) {
  use_locale_of_terminal();
  ShellSession session(options.url, options.output, std::cout, std::cerr, Terminal(STDOUT_FILENO),
                       Terminal(STDERR_FILENO));
  Script script(session, options.version, options.keep_going, std::cout, std::cerr);
  const bool given = !options.files.empty() || !options.statements.empty() || !options.watched.empty();
  if (!given && isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) return run_dialogue(session, script);
  const Outcome outcome = run_given(options, session, script);
  if (!std::cout.flush()) {
    std::cerr << "the results cannot be written to standard output" << std::endl;
    return 1;
  }
  switch (outcome) {
    case Outcome::done:
      return 0;
    case Outcome::failed:
      return 1;
    case Outcome::interrupted:
      return interrupted_status;
  }
  return 1;
}

}  // namespace millrace::shell
