// benchmark NAME [ARGUMENT...]: figures of one part of the engine.
#include <cstdio>
#include <vector>

#include "tests/benchmark/benchmark.h"

namespace {

struct Command {
  std::string_view name;
  std::string_view help;
  int (*run)(std::span<const std::string_view> arguments);
};

constexpr Command commands[] = {
    {"decode", "ns per row of JSON records to columns, beside a bare simdjson loop", millrace::benchmark_decode},
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  for (const Command& command : commands)
    if (!arguments.empty() && arguments[0] == command.name) return command.run(std::span(arguments).subspan(1));
  std::fputs("usage: benchmark NAME [ARGUMENT...]\n", stderr);
  for (const Command& command : commands)
    std::fprintf(stderr, "  %-10s %s\n", command.name.data(), command.help.data());
  return 2;
}
