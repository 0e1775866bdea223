// The process or the power ends inside a commit: what was acknowledged is there, whole, and so is or is not what was
// not.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/log/child.h"
#include "tests/log/ledger.h"
#include "tests/log/log_fixture.h"
#include "tests/log/unsynced_file_system.h"

namespace millrace::testing {

namespace {

// One write, so that lines of several threads do not mix and none is lost in a buffer.
void say(const std::string& line) {
  const std::string whole = line + "\n";
  if (::write(STDOUT_FILENO, whole.data(), whole.size()) < 0) ::_exit(1);
}

// So small that files are written, sorted and merged all the while.
EmbeddedLogOptions busy_options(const std::string& directory) {
  EmbeddedLogOptions options;
  options.directory = directory;
  options.write_buffer_bytes = 128 << 10;
  options.cache_bytes = 16 << 10;
  options.merge_bytes_max = 32 << 10;
  options.maintenance_interval_ms = 2;
  options.sync_interval_ms = 2;
  return options;
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

// What the children say, over all of them.
struct Heard {
  int64_t begun = 0;
  int64_t commits = 0;  // acknowledged
  int64_t appends = 0;

  void line(const std::string& line) {
    std::sscanf(line.c_str(), "b %ld", &begun);
    std::sscanf(line.c_str(), "c %ld", &commits);
    std::sscanf(line.c_str(), "a %ld", &appends);
  }
};

// The child looks at the ledger; `durable`: nothing acknowledged may be missing. Returns whether a commit that was
// begun and not acknowledged is there.
bool hear_ready(Child& child, Heard& heard, bool durable) {
  std::string line;
  EXPECT_TRUE(child.read_line(line) && line.starts_with("ready ")) << line;
  int64_t commits = 0;
  int64_t appends = 0;
  char wrong[200] = "";
  std::sscanf(line.c_str(), "ready %ld %ld %199[^\n]", &commits, &appends, wrong);
  EXPECT_STREQ(wrong, "");
  EXPECT_LE(commits, heard.begun);
  if (durable) {
    EXPECT_GE(commits, heard.commits);
    EXPECT_GE(appends, heard.appends);
  }
  const bool survived = heard.begun > heard.commits && commits == heard.begun;
  heard = {commits, commits, appends};
  return survived;
}

void expect_last(const std::string& directory, const Heard& heard, bool durable) {
  auto log = open_embedded_log(busy_options(directory));
  const Ledger::Contents found = Ledger(*log).read();
  EXPECT_EQ(found.wrong, "");
  if (!durable) return;
  EXPECT_GE(found.commits, heard.commits);
  EXPECT_GE(found.appends, heard.appends);
}

void cut_power(LogSync sync, int rounds, const std::string& argument) {
  TemporaryDirectory directory;
  std::mt19937 random(42);
  const bool durable = sync == LogSync::commit;
  Heard heard;
  int inside = 0;
  int survived = 0;
  for (int i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) {
    // A cut that comes before the child is ready would test nothing new: it is timed from there.
    Child child(
        {"write-ledger", directory.path(), argument, std::to_string(random() % 8000), i % 4 == 3 ? "torn" : "clean"});
    survived += hear_ready(child, heard, durable);
    std::string line;
    while (child.read_line(line)) heard.line(line);
    EXPECT_EQ(child.wait(), 0);
    inside += heard.begun > heard.commits;
  }
  expect_last(directory.path(), heard, durable);
  EXPECT_GT(inside, rounds / 2);
  std::printf(
      "%d power cuts, %d of them inside a commit, of which %d were found whole after it; %ld commits and %ld appends\n",
      rounds, inside, survived, heard.commits, heard.appends);
}

}  // namespace

// Arguments: directory [commit|interval, microseconds until the power goes, torn|clean]. Says what it finds, then what
// it does: "ready <commits> <appends> <wrong>", "b <n>" before a commit, "c <n>" and "a <n>" for what was acknowledged.
int write_ledger_main(const std::vector<std::string>& arguments) {
  EmbeddedLogOptions options = busy_options(arguments.at(0));
  auto disk = std::make_shared<UnsyncedFileSystem>();
  const bool cut = arguments.size() > 1;
  if (cut) options.file_system = disk;
  if (cut && arguments[1] == "interval") options.sync = LogSync::interval;
  auto log = open_embedded_log(options);
  const Ledger ledger(*log);
  const Ledger::Contents found = ledger.read();
  say(fmt::format("ready {} {} {}", found.commits, found.appends, found.wrong));
  auto committer = log->open_writer("committer");
  auto ingest = log->open_writer("ingest");
  std::thread appending([&] { append_for_ever(*ingest, ledger, found.appends + 1); });
  std::thread cutting([&] {
    if (!cut) return;
    std::this_thread::sleep_for(std::chrono::microseconds(std::stol(arguments.at(2))));
    std::mt19937 random(static_cast<uint32_t>(found.commits));
    disk->cut_power(random, arguments.at(3) == "torn");
  });
  for (int64_t n = found.commits + 1;; ++n) {
    say(fmt::format("b {}", n));
    const CommitResult result = commit(*committer, ledger.commit_blocks(n));
    if (result.outcome != CommitOutcome::committed) ::_exit(1);
    say(fmt::format("c {}", n));
  }
}

TEST(EmbeddedLogSuddenEnd, TwoHundredKillsInsideACommit) {
  constexpr int wanted = 200;
  TemporaryDirectory directory;
  std::mt19937 random(20'260'101);
  Heard heard;
  int inside = 0;
  int survived = 0;
  int rounds = 0;
  for (; inside < wanted && rounds < 3 * wanted; ++rounds) {
    Child child({"write-ledger", directory.path()});
    survived += hear_ready(child, heard, true);
    const int64_t target = heard.commits + 1 + static_cast<int64_t>(random() % 6);
    std::string line;
    while (heard.begun < target) {
      ASSERT_TRUE(child.read_line(line));
      heard.line(line);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 900));
    child.kill();
    while (child.read_line(line)) heard.line(line);
    inside += heard.begun > heard.commits;
  }
  expect_last(directory.path(), heard, true);
  EXPECT_EQ(inside, wanted);
  std::printf(
      "%d kills, %d of them inside a commit, of which %d were found whole after it; %ld commits and %ld appends\n",
      rounds, inside, survived, heard.commits, heard.appends);
}

TEST(EmbeddedLogSuddenEnd, TwoHundredPowerCutsLoseNothingAcknowledged) { cut_power(LogSync::commit, 200, "commit"); }

// Whatever is left is a whole beginning: Ledger::read() says so.
TEST(EmbeddedLogSuddenEnd, PowerCutsWithoutSyncLeaveAWholeBeginning) { cut_power(LogSync::interval, 40, "interval"); }

}  // namespace millrace::testing
