#include "shell/script.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "shell/help.h"

namespace millrace::shell {
namespace {

// A script that runs itself would go on for ever.
constexpr int depth_max = 16;
constexpr size_t piece_bytes = 64 << 10;
// A server takes less; a text that lacks a quote would be read whole.
constexpr size_t statement_bytes_max = 64 << 20;

std::string local_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  return fmt::format("{:%Y-%m-%d %H:%M:%S %z}", parts);
}

// What follows the first word and the space behind it.
std::string_view behind_word(std::string_view text) {
  text.remove_prefix(first_word(text).size());
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  return text;
}

}  // namespace

bool Script::is_own(std::string_view statement) {
  const std::string word = first_word(statement);
  return word == "HELP" || word == "EXIT" || word == "QUIT" || word == "VERSION" || word == "DATE" || word == "CLEAR" ||
         word == "OUTPUT" || word == "HISTORY" || word == "RUN" || word == "SCRIPT" || statement.starts_with('!');
}

// The statements that are complete.
Outcome Script::run_complete(StatementSplitter& splitter, const std::string& source, Progress& progress) {
  Outcome worst = Outcome::done;
  for (auto statement = splitter.next(); statement; statement = splitter.next()) {
    if (progress.due()) {
      progress.show(fmt::format("{}:{}: {}", source, statement->line, progress.rate_of(count_, "statements")));
    }
    const Outcome outcome = session_.take_interrupt() ? Outcome::interrupted : run_one(*statement, source);
    ++count_;
    if (outcome != Outcome::done) worst = outcome;
    if (!goes_on(outcome)) break;
  }
  return worst;
}

Outcome Script::run_pieces(const ReadPiece& read, const std::string& source) {
  Outcome worst = Outcome::done;
  StatementSplitter splitter;
  // Answers on the terminal show by themselves how far it is.
  Progress progress(errors_, session_.terminal().present() ? Terminal() : session_.error_terminal());
  bool begins = true;
  for (std::string piece; read(piece);) {
    // What some editors mark a text in UTF-8 with is no part of it.
    if (std::exchange(begins, false) && piece.starts_with("\xef\xbb\xbf")) piece.erase(0, 3);
    splitter.add(piece);
    const Outcome outcome = run_complete(splitter, source, progress);
    if (outcome != Outcome::done) worst = outcome;
    if (!goes_on(outcome)) return worst;
    if (splitter.pending().size() > statement_bytes_max) {
      return fail(fmt::format("{}: error: a statement has more than {} MiB; is a quote or a semicolon missing?", source,
                              statement_bytes_max >> 20));
    }
  }
  if (session_.take_interrupt()) return Outcome::interrupted;  // while it waited for more
  const auto rest = splitter.rest();
  const Outcome outcome = rest ? run_one(*rest, source) : Outcome::done;
  return outcome == Outcome::done ? worst : outcome;
}

Outcome Script::run(const std::string& text, const std::string& source) {
  bool taken = false;
  return run_pieces(
      [&](std::string& piece) {
        piece = text;
        return !std::exchange(taken, true);
      },
      source);
}

Outcome Script::run_standard_input() {
  return run_pieces(
      [this](std::string& piece) {
        pollfd polls[2] = {{STDIN_FILENO, POLLIN, 0}, {session_.interrupt_descriptor(), POLLIN, 0}};
        while (poll(polls, 2, -1) < 0 && errno == EINTR) continue;
        if ((polls[1].revents & POLLIN) != 0) return false;
        piece.resize(piece_bytes);
        const ssize_t count = read(STDIN_FILENO, piece.data(), piece.size());
        piece.resize(count > 0 ? static_cast<size_t>(count) : 0);
        return count > 0;
      },
      "stdin");
}

Outcome Script::run_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  if (file.is_open()) file.peek();
  if (!file.is_open() || file.bad() || errno == EISDIR) {
    return fail(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  file.clear();
  if (depth_ == depth_max) return fail(fmt::format("{} is not run: scripts run scripts {} deep", path, depth_max));
  ++depth_;
  const Outcome outcome = run_pieces(
      [&](std::string& piece) {
        piece.resize(piece_bytes);
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        piece.resize(static_cast<size_t>(file.gcount()));
        return !piece.empty();
      },
      path);
  --depth_;
  return outcome;
}

Outcome Script::run_one(const StatementText& statement, const std::string& source) {
  const auto words = words_of(statement.text);
  const std::string word = first_word(statement.text);
  const std::string place = source.empty() ? "" : fmt::format("{}:{}: ", source, statement.line);
  if (statement.text.starts_with('!')) return fail(place + "error: the shell runs no commands of the system");
  if (word == "HELP") return help(statement.text.substr(word.size()));
  if (word == "OUTPUT") return set_output(words);
  if (word == "HISTORY") return fail(place + "error: HISTORY is what was typed at a terminal; there is none here");
  if (word == "RUN" || word == "SCRIPT") return run_named(statement.text, place);
  if (word == "EXIT" || word == "QUIT") {
    left_ = true;
  } else if (word == "DATE") {
    session_.print_line("Date", local_time());
  } else if (word == "CLEAR") {
    if (session_.terminal().present()) out_ << "\x1b[H\x1b[2J\x1b[3J" << std::flush;
  } else if (word == "VERSION") {
    return session_.show_version(version_);
  } else {
    return session_.run(statement, source);
  }
  return Outcome::done;
}

// RUN SCRIPT 'file', or SCRIPT file.
Outcome Script::run_named(std::string_view statement, const std::string& place) {
  if (first_word(statement) == "RUN") {
    statement = behind_word(statement);
    if (first_word(statement) != "SCRIPT") return fail(place + "error: expected SCRIPT and a file in quotes after RUN");
  }
  std::string_view path = behind_word(statement);
  while (path.ends_with(';') || (!path.empty() && std::isspace(static_cast<unsigned char>(path.back())) != 0)) {
    path.remove_suffix(1);
  }
  if (path.empty()) return fail(place + "error: expected a file after SCRIPT");
  return run_file(path.starts_with('\'') ? words_of(path).front() : std::string(path));
}

Outcome Script::help(const std::string& topic) {
  const auto words = words_of(topic);
  if (words.empty()) {
    out_ << help_overview() << std::flush;
    return Outcome::done;
  }
  if (const auto text = help_on(topic)) {
    out_ << *text << std::flush;
    return Outcome::done;
  }
  std::vector<std::string> names = help_topics();
  for (const std::string& function : session_.names().of(NameKind::functions)) {
    if (words.size() == 1 && function == upper(words[0])) {
      return session_.run({"DESCRIBE FUNCTION " + function + ";", 1}, "");
    }
    names.push_back(function);
  }
  const std::string nearest = nearest_name(topic, names);
  return fail(fmt::format("there is no help on {}{}", fmt::join(words, " "),
                          nearest.empty() ? "; HELP lists what there is" : "; did you mean HELP " + nearest + "?"));
}

Outcome Script::set_output(const std::vector<std::string>& words) {
  const std::string format = words.size() == 2 ? upper(words[1]) : "";
  if (format == "TABLE") {
    session_.set_format(OutputFormat::table);
  } else if (format == "JSON") {
    session_.set_format(OutputFormat::json);
  } else if (format == "CSV") {
    session_.set_format(OutputFormat::csv);
  } else {
    return fail("error: OUTPUT takes one of TABLE, JSON, CSV");
  }
  return Outcome::done;
}

Outcome Script::fail(const std::string& message) {
  errors_ << message << std::endl;
  return Outcome::failed;
}

}  // namespace millrace::shell
