#include "tests/program/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace millrace::testing {

ServerProcess::ServerProcess(std::string data_directory, std::vector<std::string> settings)
    : data_directory_(std::move(data_directory)), settings_(std::move(settings)) {}

ServerProcess::~ServerProcess() {
  if (pid_ <= 0) return;
  kill();
  reap();
}

void ServerProcess::spawn(const std::string& port) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<std::string> words = {MILLRACE_PROGRAM, "serve",    "--data-dir",
                                    data_directory_,  "--listen", "127.0.0.1:" + port};
  for (const std::string& setting : settings_) {
    words.emplace_back("--set");
    words.push_back(setting);
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  said_.clear();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(ends[1], STDOUT_FILENO);
    if (!errors_path_.empty()) {
      const int errors = ::open(errors_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::dup2(errors, STDERR_FILENO);
    }
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ends[0];
  if (pid_ < 0) throw std::runtime_error("no process");
}

bool ServerProcess::wait_ready(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (said_.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd poll{output_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) <= 0) return false;
    char buffer[4096];
    const ssize_t count = ::read(output_, buffer, sizeof buffer);
    if (count <= 0) return false;
    said_.append(buffer, static_cast<size_t>(count));
  }
  // "millrace VERSION ready at http://HOST:PORT, data in …"
  const size_t begin = said_.find("http://");
  if (begin == std::string::npos) return false;
  const auto url = shell::parse_url(said_.substr(begin, said_.find(',', begin) - begin));
  if (!url) return false;
  url_ = *url;
  return true;
}

void ServerProcess::kill() const { ::kill(pid_, SIGKILL); }

void ServerProcess::terminate() const { ::kill(pid_, SIGTERM); }

void ServerProcess::freeze(bool frozen) const { ::kill(pid_, frozen ? SIGSTOP : SIGCONT); }

std::string ServerProcess::errors() const {
  std::ifstream file(errors_path_);
  return {std::istreambuf_iterator<char>(file), {}};
}

int ServerProcess::reap() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  ::close(output_);
  output_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool ServerProcess::running() {
  siginfo_t info{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

size_t ServerProcess::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  size_t total = 0;
  size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

size_t ServerProcess::peak_resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) << 10;
  return 0;
}

size_t ServerProcess::open_descriptors() const {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace millrace::testing
