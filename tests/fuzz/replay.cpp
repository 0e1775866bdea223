// Runs a fuzzer without libFuzzer: every file of a corpus, then mutations of them, the same ones in every run.
//
//   <name>_fuzzer CORPUS EXECUTIONS [SEED]
//
// An input that ends the program is written to the file ./crash-<name of the program>.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
// Of the sanitizers' runtime, where there is one.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

std::string current_input;
std::string crash_file;

void save_input() {
  std::ofstream(crash_file, std::ios::binary) << current_input;
  std::cerr << "the input was written to " << crash_file << std::endl;
}

extern "C" void on_signal(int signal) {
  save_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(std::string input) {
  current_input = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current_input.data()), current_input.size());
}

std::vector<std::string> read_corpus(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return corpus;
}

class Mutator {
 public:
  Mutator(const std::vector<std::string>& corpus, uint64_t seed) : corpus_(corpus), random_(seed) {}

  std::string next() {
    std::string input = corpus_[below(corpus_.size())];
    for (size_t changes = 1 + below(4); changes > 0; --changes) change(input);
    constexpr size_t bytes_max = 4096;
    input.resize(std::min(input.size(), bytes_max));
    return input;
  }

 private:
  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  // A piece of at most 24 bytes.
  std::string piece(const std::string& from) {
    size_t begin = below(from.size());
    return from.substr(begin, 1 + below(24));
  }

  void change(std::string& input) {
    size_t at = below(input.size() + 1);
    switch (below(7)) {
      case 0:
        input.insert(at, 1, static_cast<char>(random_()));
        return;
      case 1:
        input.erase(at, 1 + below(24));
        return;
      case 2:
        input.insert(at, piece(corpus_[below(corpus_.size())]));
        return;
      case 3:
        input.insert(at, piece(input));
        return;
      case 4:
        input.replace(at, 1 + below(8), piece(corpus_[below(corpus_.size())]));
        return;
      case 5:
        input.resize(at);
        return;
      default:
        if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: " << arguments[0] << " CORPUS EXECUTIONS [SEED]\n";
    return 2;
  }
  crash_file = "crash-" + std::filesystem::path(arguments[0]).filename().string();
  for (int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, on_signal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(save_input);

  const std::vector<std::string> corpus = read_corpus(arguments[1]);
  if (corpus.empty()) {
    std::cerr << arguments[1] << " holds no files\n";
    return 2;
  }
  auto begin = std::chrono::steady_clock::now();
  for (const std::string& input : corpus) run(input);
  const size_t executions = std::stoull(arguments[2]);
  Mutator mutator(corpus, count > 3 ? std::stoull(arguments[3]) : 1);
  for (size_t i = corpus.size(); i < executions; ++i) run(mutator.next());
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::cout << "fuzzed: " << executions << " executions from " << corpus.size() << " files in " << seconds.count()
            << " s\n";
  return 0;
}
