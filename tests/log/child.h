// Programs that the tests start as processes of their own, by name of the first argument.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace millrace::testing {

// The child's exit status; absent arguments are empty.
using ChildMain = int (*)(const std::vector<std::string>& arguments);

// By name; null where there is none.
ChildMain find_child(const std::string& name);

int write_ledger_main(const std::vector<std::string>& arguments);
int open_main(const std::vector<std::string>& arguments);
int full_disk_main(const std::vector<std::string>& arguments);

// A process that runs this program again with the arguments; its standard output can be read line by line.
class Child {
 public:
  // `before`: a command line that this program's is appended to.
  explicit Child(const std::vector<std::string>& arguments, const std::vector<std::string>& before = {});
  // Kills and reaps it.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // False at the end of the output.
  bool read_line(std::string& line);
  void kill();
  // The exit status, or -1 where a signal ended it.
  int wait();

 private:
  pid_t pid_ = -1;
  std::FILE* output_ = nullptr;
};

// Runs it in a forked copy of this process, and returns what it returns. For single-threaded moments only.
std::string run_forked(const std::function<std::string()>& run);

}  // namespace millrace::testing
