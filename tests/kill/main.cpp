// Queries under load: kill_test KIND [--kafka] [--death DEATH] [--count N] [--seed N]
//
// Ends with 1 where a row is lost, doubled or out of order, or where no kill of the server fell into one of the phases
// of a step. All deaths but the server's need --kafka.
#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "tests/kill/trial.h"

namespace millrace::testing {
namespace {

const std::map<std::string, Death> deaths = {{"server", Death::server},     {"broker", Death::broker},
                                             {"frozen", Death::frozen},     {"away", Death::away},
                                             {"takeover", Death::takeover}, {"ending", Death::ending}};

int run(const std::string& name, const TrialOptions& options) {
  for (const KillKind& kind : kill_kinds()) {
    if (kind.name == name) return Trial(kind, options).run() ? 0 : 1;
  }
  fmt::print(stderr, "kill_test KIND [--kafka] [--death DEATH] [--count N] [--seed N]\nKIND is one of");
  for (const KillKind& kind : kill_kinds()) fmt::print(stderr, " {}", kind.name);
  fmt::print(stderr, "\nDEATH is one of");
  for (const auto& [death, _] : deaths) fmt::print(stderr, " {}", death);
  fmt::print(stderr, "\n");
  return 2;
}

}  // namespace
}  // namespace millrace::testing

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::string kind;
  millrace::testing::TrialOptions options;
  for (int i = 1; i < count; ++i) {
    const bool more = i + 1 < count;
    if (std::strcmp(words[i], "--kafka") == 0) {
      options.kafka = true;
    } else if (std::strcmp(words[i], "--count") == 0 && more) {
      options.count = std::atoi(words[++i]);
    } else if (std::strcmp(words[i], "--death") == 0 && more && millrace::testing::deaths.contains(words[i + 1])) {
      options.death = millrace::testing::deaths.at(words[++i]);
    } else if (std::strcmp(words[i], "--seed") == 0 && more) {
      options.seed = std::strtoull(words[++i], nullptr, 10);
    } else {
      kind = words[i];
    }
  }
  if (options.death != millrace::testing::Death::server && !options.kafka) kind.clear();
  return millrace::testing::run(kind, options);
}
