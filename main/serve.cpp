#include "main/serve.h"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>

#include "runtime/error.h"
#include "server/options.h"
#include "server/server.h"
#include "server/version.h"

namespace millrace {
namespace {

constexpr std::chrono::seconds stop_time{9};
constexpr int failure_status = 1;
constexpr int configuration_status = 2;
constexpr int fenced_status = 3;

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

void begin_logging(const std::string& level) {
  auto logger = spdlog::stderr_logger_mt("millrace");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

// Every connection, topic file and client takes a descriptor.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Blocked here, and so in every thread that is made later, the signals wait for sigwait().
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int run_server(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  const sigset_t signals = block_stop_signals();
  raise_descriptor_limit();
  std::atomic<bool> fenced = false;
  Server server(options, [&fenced] {
    fenced = true;
    kill(getpid(), SIGTERM);
  });
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  if (server.front().beyond_loopback()) {
    spdlog::warn("listening on {}: everyone who reaches this address can read and change everything",
                 server.front().address());
  }
  fmt::print("millrace {} ready at http://{}, data in {}, after {} ms\n", version(), server.front().address(),
             log_place(options), took.count());
  std::fflush(stdout);

  int received = 0;
  sigwait(&signals, &received);
  if (fenced) {
    spdlog::critical("another server with the service.id {} has taken over: this one wrote nothing since and ends",
                     options.text("service.id"));
  } else {
    spdlog::info("{}: stopping", strsignal(received));
  }
  // A second signal ends the program at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  server.stop(stop_time);
  spdlog::info("stopped");
  return fenced ? fenced_status : 0;
}

}  // namespace

int serve(const ServeArguments& arguments) {
  Options options;
  std::vector<std::string> warnings;
  try {
    if (arguments.config) options.load_file(*arguments.config);
    warnings = options.load_environment(environment());
    for (const auto& setting : arguments.settings) options.set(setting.name, setting.value, setting.origin);
  } catch (const Error& error) {
    fmt::print(stderr, "millrace: {}\n", error.message());
    return configuration_status;
  }
  if (arguments.print_config) {
    fmt::print("{}", options.to_yaml());
    return 0;
  }
  begin_logging(options.text("log.level"));
  for (const std::string& warning : warnings) spdlog::warn("{}", warning);
  try {
    return run_server(options);
  } catch (const Error& error) {
    spdlog::critical("{} ({})", error.message(), error_name(error.code()));
    if (error.code() == ErrorCode::fenced) return fenced_status;
    const bool setting = error.code() == ErrorCode::property_unknown || error.code() == ErrorCode::property_invalid;
    return setting ? configuration_status : failure_status;
  }
}

}  // namespace millrace
