#include "tests/program/kafka_broker.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace millrace::testing {

KafkaBroker::KafkaBroker(std::string settings) : settings_(std::move(settings)) {
  restart();
  std::ifstream(directory_.path() + "/broker/address") >> address_;
}

KafkaBroker::~KafkaBroker() { run("stop"); }

void KafkaBroker::kill() { run("kill"); }

void KafkaBroker::restart() {
  if (!run("start", settings_)) throw std::runtime_error("the broker did not start");
}

void KafkaBroker::freeze(bool frozen) {
  pid_t pid = 0;
  std::ifstream(directory_.path() + "/broker/pid") >> pid;
  if (pid > 0) ::kill(pid, frozen ? SIGSTOP : SIGCONT);
}

uint16_t KafkaBroker::port(int behind) const {
  return static_cast<uint16_t>(std::stoi(address_.substr(address_.rfind(':') + 1)) + behind);
}

bool KafkaBroker::run(const std::string& command, const std::string& settings) const {
  const std::string line = "BROKER_OWNER=" + std::to_string(::getpid()) + " '" MILLRACE_KAFKA_BROKER "' " + command +
                           " '" + directory_.path() + "/broker' " + settings;
  return std::system(line.c_str()) == 0;
}

}  // namespace millrace::testing
