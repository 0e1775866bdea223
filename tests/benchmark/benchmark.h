// One program for all benchmarks: `benchmark <name> [argument...]`.
//
// A benchmark is a file <name>_benchmark.cpp that defines `int benchmark_<name>(const std::vector<std::string>&)`,
// which prints its figures and returns the exit status; the build writes the list of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace::benchmark {

using Benchmark = int (*)(const std::vector<std::string>& arguments);

// Written by the build.
const std::map<std::string, Benchmark>& all_benchmarks();

struct Cost {
  double cpu_ns = 0;  // user and system, of all threads of the process
  double wall_ns = 0;
};

// Of what happens between its making and stop().
class Stopwatch {
 public:
  Stopwatch();
  // Divided by `count`.
  Cost stop(int64_t count) const;

 private:
  int64_t cpu_ns_;
  std::chrono::steady_clock::time_point begin_;
};

// Sorts the values; `q` from 0 to 1.
double quantile(std::vector<double>& values, double q);

// Of this process, in memory now.
int64_t resident_bytes();
// What was freed and is kept for later goes back to the system.
void give_back_freed();

}  // namespace millrace::benchmark
