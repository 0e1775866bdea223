#include "tests/conformance/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace millrace::conformance {

namespace {

using Clock = std::chrono::steady_clock;

// One line: flags and a number, then reason and detail, which have no tabs.
std::string outcome_line(const Outcome& o) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", o.passed ? 1 : 0, o.message_matches ? 1 : 0, o.not_built ? 1 : 0,
                     o.deaths, o.reason, o.detail);
}

Outcome outcome_of(const std::string& line) {
  std::vector<std::string> parts;
  for (size_t at = 0; parts.size() < 6;) {
    const size_t end = std::min(line.find('\t', at), line.size());
    parts.push_back(line.substr(at, end - at));
    at = std::min(end + 1, line.size());
  }
  return {parts[0] == "1", parts[4],        parts[5],
          parts[1] == "1", parts[2] == "1", std::strtoll(parts[3].c_str(), nullptr, 10)};
}

// A line from a socket; absent at its end.
std::optional<std::string> read_line(int socket) {
  std::string line;
  char c = 0;
  while (::read(socket, &c, 1) == 1) {
    if (c == '\n') return line;
    line += c;
  }
  return std::nullopt;
}

bool write_all(int socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

class WorkerPool {
 public:
  WorkerPool(size_t count, size_t workers, int seconds_max, const std::function<Outcome(size_t)>& run)
      : outcomes_(count),
        workers_(std::min(count, std::max<size_t>(workers, 1))),
        seconds_max_(seconds_max),
        run_(run) {}

  std::vector<Outcome> run() {
    for (Worker& worker : workers_) {
      start(worker);
      give_next(worker);
    }
    while (std::any_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.at.has_value(); })) wait();
    for (Worker& worker : workers_) end(worker);
    return std::move(outcomes_);
  }

 private:
  struct Worker {
    pid_t process = -1;
    int socket = -1;
    std::optional<size_t> at;  // what it is running
    Clock::time_point deadline;
  };

  void start(Worker& worker) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) throw std::runtime_error("no socket for a worker");
    std::fflush(nullptr);
    worker.process = fork();
    if (worker.process < 0) throw std::runtime_error("no process for a worker");
    if (worker.process == 0) {
      // The others' sockets came along; held here, they would never be at their end.
      for (const Worker& other : workers_)
        if (other.socket >= 0) close(other.socket);
      close(sockets[0]);
      work(sockets[1]);
      std::fflush(nullptr);
      _exit(0);
    }
    close(sockets[1]);
    worker.socket = sockets[0];
  }

  void work(int socket) const {
    while (const auto line = read_line(socket))
      if (!write_all(socket, outcome_line(run_(std::stoul(*line))))) return;
  }

  int end(Worker& worker) {
    int status = 0;
    close(worker.socket);
    worker.socket = -1;
    waitpid(worker.process, &status, 0);
    return status;
  }

  void give_next(Worker& worker) {
    worker.at.reset();
    if (next_ == outcomes_.size()) return;
    worker.at = next_++;
    worker.deadline = Clock::now() + std::chrono::seconds(seconds_max_);
    write_all(worker.socket, fmt::format("{}\n", *worker.at));
  }

  // Until a worker answers, dies or takes too long.
  void wait() {
    std::vector<pollfd> polled;
    for (const Worker& worker : workers_) polled.push_back({worker.at ? worker.socket : -1, POLLIN, 0});
    ::poll(polled.data(), polled.size(), 200);
    for (size_t i = 0; i < workers_.size(); ++i) {
      if (!workers_[i].at) continue;
      if (polled[i].revents != 0) {
        take_answer(workers_[i]);
      } else if (Clock::now() > workers_[i].deadline) {
        kill(workers_[i].process, SIGKILL);
        replace(workers_[i], fmt::format("it did not end within {} s", seconds_max_));
      }
    }
  }

  void take_answer(Worker& worker) {
    const auto line = read_line(worker.socket);
    if (!line) return replace(worker, "");
    outcomes_[*worker.at] = outcome_of(*line);
    give_next(worker);
  }

  // `why` empty: it ended by itself.
  void replace(Worker& worker, std::string why) {
    const int status = end(worker);
    if (why.empty())
      why = WIFSIGNALED(status) ? fmt::format("crashed by signal {}", WTERMSIG(status))
                                : fmt::format("ended the process with status {}", WEXITSTATUS(status));
    Outcome& outcome = outcomes_[*worker.at];
    outcome.reason = "ours: " + why;
    outcome.detail = why;
    start(worker);
    give_next(worker);
  }

  std::vector<Outcome> outcomes_;
  std::vector<Worker> workers_;
  int seconds_max_;
  const std::function<Outcome(size_t)>& run_;
  size_t next_ = 0;
};

}  // namespace

std::vector<Outcome> run_in_workers(size_t count, size_t workers, int seconds_max,
                                    const std::function<Outcome(size_t)>& run) {
  return WorkerPool(count, workers, seconds_max, run).run();
}

}  // namespace millrace::conformance
