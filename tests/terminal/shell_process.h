// The program `millrace shell` on a pseudo-terminal, with a test as the person who types.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace millrace::testing {

// Not thread-safe.
class ShellProcess {
 public:
  struct Size {
    unsigned short lines = 40;
    unsigned short columns = 100;
  };
  enum class By {
    words,         // as they stand
    command_line,  // words for a shell of the system, which knows redirections
  };
  // `words` follow `millrace shell`. HOME, where the history is kept, is `home`, and the folder it works in;
  // `variables` are more of "NAME=VALUE".
  ShellProcess(const std::vector<std::string>& words, const std::string& home, Size size = {40, 100},
               const std::vector<std::string>& variables = {"NO_COLOR=1"}, By by = By::words);
  // Kills it.
  ~ShellProcess();
  ShellProcess(const ShellProcess&) = delete;
  ShellProcess& operator=(const ShellProcess&) = delete;

  void type(const std::string& keys);
  // What was shown since the last call, up to the text and with it. Throws std::runtime_error, with what was shown
  // instead, where it does not come in time.
  std::string wait_for(const std::string& text, std::chrono::milliseconds time = std::chrono::seconds(10));
  // What is shown until nothing came for so long.
  std::string wait_silence(std::chrono::milliseconds time);
  // All that was sent to the terminal.
  const std::string& raw() const { return raw_; }
  void resize(Size size);
  // As by Ctrl-Z and fg; another program had the terminal meanwhile.
  void stop_and_continue();
  // The exit status, or minus the signal that ended it; -1000 where it does not end within ten seconds.
  int reap();

 private:
  bool read_some(std::chrono::milliseconds time);

  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string shown_;  // and not taken yet
  std::string raw_;
};

// A shell without a terminal, to its end.
struct ScriptRun {
  int status = 0;
  std::string output;
  std::string errors;
};
// `input` is its standard input, which is empty where nothing is given.
ScriptRun run_shell_program(const std::vector<std::string>& words, const std::string& home, const std::string& input);

// Of what a terminal was sent, the text: without codes and carriage returns.
std::string plain(const std::string& shown);

constexpr const char* tab = "\t";
constexpr const char* enter = "\r";
constexpr const char* up = "\x1b[A";
constexpr const char* ctrl_c = "\x03";
constexpr const char* ctrl_d = "\x04";

}  // namespace millrace::testing
