#include "tests/log/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace millrace::testing {

ChildMain find_child(const std::string& name) {
  static const std::map<std::string, ChildMain> children = {
      {"write-ledger", write_ledger_main}, {"open", open_main}, {"full-disk", full_disk_main}};
  auto it = children.find(name);
  return it == children.end() ? nullptr : it->second;
}

Child::Child(const std::vector<std::string>& arguments, const std::vector<std::string>& before) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  std::vector<std::string> all = before;
  all.push_back(std::filesystem::read_symlink("/proc/self/exe").string());
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : all) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ::fdopen(ends[0], "r");
}

Child::~Child() {
  if (pid_ > 0) {
    kill();
    wait();
  }
  std::fclose(output_);
}

bool Child::read_line(std::string& line) {
  line.clear();
  for (int c = std::fgetc(output_); c != EOF; c = std::fgetc(output_)) {
    if (c == '\n') return true;
    line.push_back(static_cast<char>(c));
  }
  return false;
}

void Child::kill() { ::kill(pid_, SIGKILL); }

int Child::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string run_forked(const std::function<std::string()>& run) {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string said = run();
    const ssize_t written = ::write(ends[1], said.data(), said.size());
    ::_exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t n = ::read(ends[0], buffer, sizeof(buffer)); n > 0; n = ::read(ends[0], buffer, sizeof(buffer))) {
    said.append(buffer, static_cast<size_t>(n));
  }
  ::close(ends[0]);
  ::waitpid(pid, nullptr, 0);
  return said;
}

}  // namespace millrace::testing
