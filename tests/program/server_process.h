// The program `millrace serve` as a process of a test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "shell/http_client.h"
#include "tests/program/temporary_directory.h"

namespace millrace::testing {

// Started and ended again and again on one data directory, each time on a free port where none is given. What it says
// on standard error is the test's, or kept. Not thread-safe; it dies with the thread that started it.
class ServerProcess {
 public:
  // `settings`: "NAME=VALUE", as --set takes them.
  ServerProcess(std::string data_directory, std::vector<std::string> settings);
  // Kills it.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void spawn(const std::string& port = "0");
  // False: it ended, or said nothing in time. From then on url() is known.
  bool wait_ready(std::chrono::milliseconds timeout);
  const shell::ServerUrl& url() const { return url_; }

  // SIGKILL, at once; reap() then waits for its end.
  void kill() const;
  // SIGTERM.
  void terminate() const;
  // SIGSTOP and SIGCONT.
  void freeze(bool frozen) const;
  // From the next spawn() on what it says on standard error goes to this file.
  void keep_errors(std::string path) { errors_path_ = std::move(path); }
  // All of it.
  std::string errors() const;
  // The exit status, or minus the signal that ended it.
  int reap();
  bool running();
  pid_t id() const { return pid_; }
  size_t resident_bytes() const;
  size_t peak_resident_bytes() const;  // since it was spawned
  size_t open_descriptors() const;

 private:
  std::string data_directory_;
  std::vector<std::string> settings_;
  pid_t pid_ = -1;
  int output_ = -1;
  std::string said_;
  std::string errors_path_;
  shell::ServerUrl url_;
};

}  // namespace millrace::testing
