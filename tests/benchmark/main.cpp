#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "tests/benchmark/benchmark.h"

// Of jemalloc, where the program is linked with it.
extern "C" int mallctl(const char* name, void* old, size_t* old_size, void* set, size_t set_size) __attribute__((weak));

namespace millrace::benchmark {

namespace {

int64_t cpu_ns() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  auto ns = [](const timeval& time) { return (time.tv_sec * int64_t{1'000'000} + time.tv_usec) * 1000; };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

}  // namespace

Stopwatch::Stopwatch() : cpu_ns_(cpu_ns()), begin_(std::chrono::steady_clock::now()) {}

Cost Stopwatch::stop(int64_t count) const {
  const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - begin_;
  const auto divisor = static_cast<double>(count);
  return {static_cast<double>(cpu_ns() - cpu_ns_) / divisor, wall.count() / divisor};
}

double quantile(std::vector<double>& values, double q) {
  std::sort(values.begin(), values.end());
  return values.at(std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size()))));
}

void give_back_freed() {
  constexpr const char* every_arena = "arena.4096.purge";  // MALLCTL_ARENAS_ALL
  if (mallctl != nullptr) {
    mallctl(every_arena, nullptr, nullptr, nullptr, 0);
  } else {
    ::malloc_trim(0);
  }
}

int64_t resident_bytes() {
  int64_t size = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace millrace::benchmark

int main(int argc, char** argv) {
  const auto& all = millrace::benchmark::all_benchmarks();
  const auto found = argc > 1 ? all.find(argv[1]) : all.end();
  if (found != all.end()) return found->second({argv + 2, argv + argc});
  std::fprintf(stderr, "usage: benchmark NAME [ARGUMENT]...\n");
  for (const auto& [name, benchmark] : all) std::fprintf(stderr, "  %s\n", name.c_str());
  return 2;
}
