#include "tests/terminal/shell_process.h"

#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace millrace::testing {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

ShellProcess::ShellProcess(const std::vector<std::string>& words, const std::string& home, Size size,
                           const std::vector<std::string>& variables, By by) {
  std::vector<std::string> all = {MILLRACE_PROGRAM, "shell"};
  if (by == By::words) {
    all.insert(all.end(), words.begin(), words.end());
  } else {
    std::string line = "trap : INT; '" MILLRACE_PROGRAM "' shell";
    for (const std::string& word : words) line.append(" ").append(word);
    all = {"/bin/sh", "-c", line};
  }
  std::vector<std::string> environment = {"HOME=" + home, "TERM=xterm", "PATH=/usr/bin:/bin", "LC_ALL=C",
                                          "LSAN_OPTIONS=print_suppressions=0:suppressions=" MILLRACE_ROOT
                                          "/tests/lsan.supp"};
  environment.insert(environment.begin(), variables.begin(), variables.end());  // the first of a name counts
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<char*> variable_list;
  for (std::string& variable : environment) variable_list.push_back(variable.data());
  variable_list.push_back(nullptr);
  winsize window{size.lines, size.columns, 0, 0};
  pid_ = ::forkpty(&terminal_, nullptr, nullptr, &window);
  if (pid_ < 0) throw std::runtime_error("no pseudo-terminal");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::chdir(home.c_str()) != 0) ::_exit(126);
    ::execve(arguments[0], arguments.data(), variable_list.data());
    ::_exit(127);
  }
}

ShellProcess::~ShellProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(terminal_);
}

void ShellProcess::type(const std::string& keys) {
  for (size_t sent = 0; sent < keys.size();) {
    pollfd poll{terminal_, POLLIN | POLLOUT, 0};
    if (::poll(&poll, 1, 10'000) <= 0) throw std::runtime_error("the terminal takes nothing; it shows: " + shown_);
    if ((poll.revents & POLLIN) != 0) read_some(0ms);
    if ((poll.revents & POLLOUT) == 0) continue;
    const ssize_t count = ::write(terminal_, keys.data() + sent, std::min<size_t>(keys.size() - sent, 256));
    if (count > 0) sent += static_cast<size_t>(count);
  }
}

bool ShellProcess::read_some(std::chrono::milliseconds time) {
  pollfd poll{terminal_, POLLIN, 0};
  if (::poll(&poll, 1, static_cast<int>(time.count())) <= 0) return false;
  char buffer[4096];
  const ssize_t count = ::read(terminal_, buffer, sizeof buffer);
  if (count <= 0) return false;
  shown_.append(buffer, static_cast<size_t>(count));
  raw_.append(buffer, static_cast<size_t>(count));
  return true;
}

std::string ShellProcess::wait_for(const std::string& text, std::chrono::milliseconds time) {
  const auto deadline = Clock::now() + time;
  for (;;) {
    const std::string seen = plain(shown_);
    if (const size_t at = seen.find(text); at != std::string::npos) {
      const std::string taken = seen.substr(0, at + text.size());
      shown_ = seen.substr(at + text.size());
      return taken;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left <= 0ms || (!read_some(left) && Clock::now() < deadline && !read_some(100ms))) {
      throw std::runtime_error("no \"" + text + "\"; shown is:\n" + seen);
    }
  }
}

std::string ShellProcess::wait_silence(std::chrono::milliseconds time) {
  while (read_some(time)) continue;
  return plain(std::exchange(shown_, {}));
}

void ShellProcess::resize(Size size) {
  const winsize window{size.lines, size.columns, 0, 0};
  ::ioctl(terminal_, TIOCSWINSZ, &window);
}

void ShellProcess::stop_and_continue() {
  ::kill(pid_, SIGSTOP);
  termios settings{};
  ::tcgetattr(terminal_, &settings);
  settings.c_lflag |= ICANON | ECHO;
  settings.c_iflag |= ICRNL;
  ::tcsetattr(terminal_, TCSANOW, &settings);
  ::kill(pid_, SIGCONT);
}

int ShellProcess::reap() {
  for (const auto deadline = Clock::now() + 10s; Clock::now() < deadline;) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      while (read_some(20ms)) continue;
      return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    if (!read_some(20ms)) std::this_thread::sleep_for(5ms);
  }
  return -1000;
}

ScriptRun run_shell_program(const std::vector<std::string>& words, const std::string& home, const std::string& input) {
  const auto path = [&](const char* name) { return home + "/" + name; };
  const auto text_of = [](const std::string& file) {
    std::ifstream stream(file);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  std::ofstream(path("input")) << input;
  std::string command = "HOME='" + home + "' timeout 60 '" MILLRACE_PROGRAM "' shell";
  for (const std::string& word : words) command += " '" + word + "'";
  command += " <'" + path("input") + "' >'" + path("output") + "' 2>'" + path("errors") + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(path("output")), text_of(path("errors"))};
}

std::string plain(const std::string& shown) {
  std::string text;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (shown[i] == '\x1b' && i + 1 < shown.size() && shown[i + 1] == '[') {
      i += 2;
      while (i < shown.size() && (shown[i] < '@' || shown[i] > '~')) ++i;
    } else if (shown[i] != '\r' && shown[i] != '\a' && shown[i] != '\b') {
      text += shown[i];
    }
  }
  return text;
}

}  // namespace millrace::testing
