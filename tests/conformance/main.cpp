// conformance query|rest [PATH]… [OPTION]…: runs the cases of other people that say what the language means.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include "tests/conformance/known_results.h"
#include "tests/conformance/query_case.h"
#include "tests/conformance/rest_case.h"
#include "tests/conformance/score.h"
#include "tests/conformance/worker_pool.h"

namespace {

using namespace millrace;
using namespace millrace::conformance;

constexpr std::string_view usage = R"(conformance query|rest [PATH]... [OPTION]...

PATH is a directory of cases or one JSON file; without any, the directory ksql/query or ksql/rest below what MILLRACE_CONFORMANCE
names (default: ../shared/conformance beside the project). What is not there is skipped, with a word.

  --verbose NAME          run the cases whose name holds NAME, in this process, and show all of it
  --list failed|passed    list these cases, with a line each
  --list reasons          list what the misses have in common, and how many
  --only TEXT             only cases whose file or name holds TEXT
  --batch N               feed N records at a time (cases with one input topic only)
  --jobs N                so many processes; as many as processors without
  --log memory|embedded|HOST:PORT,...   on this log, the last a Kafka cluster, whose topics are all dropped
  --die PHASE             the server dies at read|computed|commit sent|committed|answered with every record
  --sample N --seed S     one of N cases, drawn by S
  --results FILE          compare with known results; what is worse is the exit status
  --write-results FILE    write the results there, keeping the reasons that people wrote
)";

// A case that takes longer than its own patience hangs in a statement.
int seconds_max(const RunOptions& run) {
  return run.log == LogKind::kafka ? 150 : run.dies_at != StepPhase::idle ? 75 : 15;
}

struct Arguments {
  std::string suite;  // query or rest
  std::vector<std::string> paths;
  std::string verbose, list, only, results, write_results;
  RunOptions run;
  size_t jobs = std::max(1U, std::thread::hardware_concurrency());
  size_t sample = 1, seed = 1;
};

// Whether it is there.
bool take_log(const std::string& word, RunOptions& run) {
  if (word.find(':') != std::string::npos) {
    run.log = LogKind::kafka;
    run.brokers = word;
    return true;
  }
  run.log = word == "embedded" ? LogKind::embedded : LogKind::memory;
  return word == "embedded" || word == "memory";
}

bool take_phase(const std::string& word, RunOptions& run) {
  for (const StepPhase phase :
       {StepPhase::read, StepPhase::computed, StepPhase::commit_sent, StepPhase::committed, StepPhase::answered}) {
    if (word == step_phase_name(phase)) run.dies_at = phase;
  }
  return run.dies_at != StepPhase::idle;
}

// Absent: the arguments are wrong.
std::optional<Arguments> parse_arguments(const std::vector<std::string>& words) {
  Arguments out;
  const std::map<std::string_view, std::string*> texts = {{"--verbose", &out.verbose},
                                                          {"--list", &out.list},
                                                          {"--only", &out.only},
                                                          {"--results", &out.results},
                                                          {"--write-results", &out.write_results}};
  const std::map<std::string_view, size_t*> numbers = {
      {"--batch", &out.run.batch_rows}, {"--jobs", &out.jobs}, {"--sample", &out.sample}, {"--seed", &out.seed}};
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with("--")) {
      out.paths.push_back(word);
      continue;
    }
    if (i + 1 == words.size()) return std::nullopt;
    const std::string& value = words[++i];
    if (const auto text = texts.find(word); text != texts.end()) {
      *text->second = value;
    } else if (const auto number = numbers.find(word); number != numbers.end()) {
      *number->second = std::strtoul(value.c_str(), nullptr, 10);
      if (*number->second == 0) return std::nullopt;
    } else if (word == "--log" ? !take_log(value, out.run) : word != "--die" || !take_phase(value, out.run)) {
      return std::nullopt;
    }
  }
  if (out.run.log == LogKind::kafka) out.jobs = 1;  // they share the cluster
  const std::set<std::string> lists = {"", "failed", "passed", "reasons"};
  if (!lists.contains(out.list)) return std::nullopt;
  return out;
}

std::string default_path(std::string_view kind) {
  const char* root = std::getenv("MILLRACE_CONFORMANCE");
  return fmt::format("{}/ksql/{}", root != nullptr ? root : MILLRACE_ROOT "/../shared/conformance", kind);
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Outcome run_case(const TestCase& test, const Arguments& arguments) {
  return arguments.suite == "rest" ? run_rest_case(test, arguments.run) : run_query_case(test, arguments.run);
}

int show(const std::vector<TestCase>& tests, Arguments arguments) {
  arguments.run.verbose = true;
  for (const TestCase& test : tests) {
    fmt::print("== {}: {}\n", test.file, test.name);
    if (test.refusal) fmt::print("the last statement must be refused: {}\n", *test.refusal);
    std::fflush(stdout);
    const Outcome outcome = run_case(test, arguments);
    fmt::print("{}{}{}\n\n", outcome.passed ? "passed" : "MISSED: ", outcome.detail,
               test.refusal && outcome.passed && !outcome.message_matches ? ", with another message" : "");
  }
  return 0;
}

void list_reasons(const std::vector<Outcome>& outcomes) {
  std::map<std::string, int> counts;
  for (const Outcome& outcome : outcomes)
    if (!outcome.passed) ++counts[outcome.reason];
  std::vector<std::pair<int, std::string>> sorted;
  sorted.reserve(counts.size());
  for (const auto& [reason, count] : counts) sorted.emplace_back(-count, reason);
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [count, reason] : sorted) fmt::print("{:>5}  {}\n", -count, reason);
}

int report(const std::vector<TestCase>& tests, const Arguments& arguments, Score& score) {
  const std::vector<Outcome> outcomes = run_in_workers(tests.size(), arguments.jobs, seconds_max(arguments.run),
                                                       [&](size_t i) { return run_case(tests[i], arguments); });
  std::vector<CaseResult> results;
  for (size_t i = 0; i < tests.size(); ++i) {
    const Outcome& outcome = outcomes[i];
    score.add(tests[i], outcome);
    results.push_back({tests[i].file, tests[i].name, outcome.passed, outcome.reason});
    if (arguments.list == (outcome.passed ? "passed" : "failed"))
      fmt::print("{}: {}: {}\n", tests[i].file, tests[i].name, outcome.detail);
  }
  if (arguments.list == "reasons") list_reasons(outcomes);
  std::vector<std::string> worse;
  if (!arguments.results.empty()) {
    const KnownResults known = KnownResults::read(arguments.results);
    worse = known.worse(results);
    for (const std::string& line : worse) fmt::print("{}\n", line);
    if (const size_t better = known.better(results); better > 0)
      fmt::print("{} cases pass that are known as misses: --write-results {}\n", better, arguments.results);
  }
  if (!arguments.write_results.empty()) {
    KnownResults known = KnownResults::read(arguments.write_results);
    known.take(results);
    known.write(arguments.write_results);
  }
  if (arguments.run.dies_at != StepPhase::idle) {
    int64_t deaths = 0;
    for (const Outcome& outcome : outcomes) deaths += outcome.deaths;
    fmt::print("servers that died: {}\n", deaths);
    if (deaths == 0) worse.emplace_back("no server died");
  }
  score.print();
  return worse.empty() ? 0 : 1;
}

int run_suite(Arguments arguments) {
  if (arguments.paths.empty()) arguments.paths.push_back(default_path(arguments.suite));
  for (const std::string& path : arguments.paths) {
    if (std::filesystem::exists(path)) continue;
    fmt::print("SKIPPED: there are no cases at {} (set MILLRACE_CONFORMANCE)\n", path);
    return 0;
  }
  std::vector<TestCase> chosen;
  Score score;
  size_t unfit = 0;
  for (TestCase& test : read_all_cases(arguments.paths)) {
    if (!holds(test.name, arguments.verbose) || !(holds(test.file, arguments.only) || holds(test.name, arguments.only)))
      continue;
    if (test.status != CaseStatus::active)
      score.skip(test);
    else if (!can_run(test, arguments.run))
      ++unfit;
    else
      chosen.push_back(std::move(test));
  }
  if (arguments.sample > 1) {
    std::shuffle(chosen.begin(), chosen.end(), std::mt19937_64(arguments.seed));
    chosen.resize((chosen.size() + arguments.sample - 1) / arguments.sample);
  }
  if (unfit > 0) fmt::print("skipped: {} cases with several input topics\n", unfit);
  if (!arguments.verbose.empty()) return show(chosen, arguments);
  return report(chosen, arguments, score);
}

}  // namespace

int main(int count, char** words) {
  auto arguments = parse_arguments({words + std::min(count, 2), words + count});
  if (arguments && count >= 2) arguments->suite = words[1];
  if (!arguments || (arguments->suite != "query" && arguments->suite != "rest")) {
    fmt::print(stderr, "{}", usage);
    return 2;
  }
  try {
    return run_suite(*arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
