#include "shell/health.h"

#include <fmt/format.h>

namespace millrace::shell {

int run_health(const ServerUrl& url) {
  try {
    HttpExchange exchange(url);
    exchange.send("GET", "/healthcheck", "application/json", "");
    fmt::print("{}", exchange.read_all());
    return exchange.status() == 200 ? 0 : 1;
  } catch (const ConnectionError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

}  // namespace millrace::shell
