// kill -9 inside a commit: what was acknowledged is there, whole, and so is or is not what was not.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/log/child.h"
#include "tests/log/ledger.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

namespace {

// One write, so that lines of several threads do not mix and none is lost in a buffer.
void say(const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(STDOUT_FILENO, whole.data(), whole.size()) < 0) ::_exit(1);
}

std::unique_ptr<Log> open_for_kill(const std::string& directory) {
  EmbeddedLogOptions options;
  options.directory = directory;
  // So small that files are written, compacted and merged all the while.
  options.write_buffer_bytes = 128 << 10;
  options.cache_bytes = 16 << 10;
  options.merge_bytes_max = 32 << 10;
  options.maintenance_interval_ms = 2;
  return open_embedded_log(std::move(options));
}

// Keeps some appends outstanding for ever.
void append_for_ever(LogWriter& writer, const Ledger& ledger, int64_t from) {
  auto outstanding = std::make_shared<std::atomic<int>>(0);
  for (int64_t n = from;; ++n) {
    while (*outstanding >= 8) std::this_thread::sleep_for(std::chrono::microseconds(50));
    ++*outstanding;
    writer.append(ledger.append_blocks(n), [n, outstanding](const CommitResult& result) {
      if (result.outcome == CommitOutcome::committed) say(fmt::format("a {}", n));
      --*outstanding;
    });
  }
}

}  // namespace

// Says what it finds, then what it does: "ready <commits> <appends> <wrong>", "b <n>" before a commit, "c <n>" and "a
// <n>" for what was acknowledged.
int write_ledger_main(const std::vector<std::string>& arguments) {
  auto log = open_for_kill(arguments.at(0));
  const Ledger ledger(*log);
  const Ledger::Contents found = ledger.read();
  say(fmt::format("ready {} {} {}", found.commits, found.appends, found.wrong));
  auto committer = log->open_writer("committer");
  auto ingest = log->open_writer("ingest");
  std::thread appending([&] { append_for_ever(*ingest, ledger, found.appends + 1); });
  for (int64_t n = found.commits + 1;; ++n) {
    say(fmt::format("b {}", n));
    const CommitResult result = commit(*committer, ledger.commit_blocks(n));
    if (result.outcome != CommitOutcome::committed) return 1;
    say(fmt::format("c {}", n));
  }
}

TEST(EmbeddedLogKill, TwoHundredKillsInsideACommit) {
  constexpr int wanted = 200;
  TemporaryDirectory directory;
  std::mt19937 random(20'260'101);
  int64_t commits = 0;
  int64_t appends = 0;
  int inside = 0;
  int survived = 0;
  int rounds = 0;
  int64_t begun = 0;
  for (; inside < wanted && rounds < 3 * wanted; ++rounds) {
    Child child({"write-ledger", directory.path()});
    std::string line;
    ASSERT_TRUE(child.read_line(line) && line.starts_with("ready ")) << line;
    int64_t found_commits = 0;
    int64_t found_appends = 0;
    char wrong[200] = "";
    std::sscanf(line.c_str(), "ready %ld %ld %199[^\n]", &found_commits, &found_appends, wrong);
    ASSERT_STREQ(wrong, "");
    ASSERT_GE(found_commits, commits);
    ASSERT_GE(found_appends, appends);
    ASSERT_LE(found_commits, begun);
    if (begun > commits) survived += found_commits == begun;
    const int64_t target = found_commits + 1 + static_cast<int64_t>(random() % 6);
    commits = found_commits;
    while (begun < target) {
      ASSERT_TRUE(child.read_line(line));
      std::sscanf(line.c_str(), "b %ld", &begun);
      std::sscanf(line.c_str(), "c %ld", &commits);
      std::sscanf(line.c_str(), "a %ld", &appends);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 900));
    child.kill();
    while (child.read_line(line)) {
      std::sscanf(line.c_str(), "b %ld", &begun);
      std::sscanf(line.c_str(), "c %ld", &commits);
      std::sscanf(line.c_str(), "a %ld", &appends);
    }
    inside += begun > commits;
  }
  auto log = open_for_kill(directory.path());
  const Ledger::Contents found = Ledger(*log).read();
  EXPECT_EQ(found.wrong, "");
  EXPECT_GE(found.commits, commits);
  EXPECT_GE(found.appends, appends);
  EXPECT_EQ(inside, wanted);
  std::printf(
      "%d kills, %d of them inside a commit, of which %d were found whole after it; %ld commits and %ld appends\n",
      rounds, inside, survived, found.commits, found.appends);
}

}  // namespace millrace::testing
