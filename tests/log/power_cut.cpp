// The power goes: everything that was not synced is lost.
#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "tests/log/ledger.h"
#include "tests/log/log_fixture.h"
#include "tests/log/unsynced_file_system.h"

namespace millrace::testing {

namespace {

// What was acknowledged, in order.
struct Acknowledged {
  std::atomic<int64_t> commits = 0;
  std::atomic<int64_t> appends = 0;
};

class PowerCut {
 public:
  explicit PowerCut(LogSync sync) : sync_(sync) {}

  // Opens, looks, writes until the power goes, drops what was not synced.
  // With `busy`, RocksDB sorts and merges files all the while; its threads then sleep for a second after the cut.
  void round(bool torn, bool busy) {
    EmbeddedLogOptions options;
    options.directory = directory_.path();
    options.sync = sync_;
    options.sync_interval_ms = 2;
    options.cache_bytes = 16 << 10;
    options.merge_bytes_max = 32 << 10;
    if (busy) options.write_buffer_bytes = 128 << 10;
    options.maintenance_interval_ms = 2;
    options.reserve_bytes = 0;
    options.file_system = file_system_;
    {
      auto log = open_embedded_log(options);
      const Ledger ledger(*log);
      found_ = ledger.read();
      ASSERT_EQ(found_.wrong, "");
      check_found();
      write_until_cut(*log, ledger);
    }
    file_system_->drop_unsynced(random_, torn);
  }

  Ledger::Contents found() const { return found_; }
  int64_t dropped_bytes() const { return file_system_->dropped_bytes(); }
  int unanswered() const { return unanswered_; }

 private:
  void check_found() {
    if (sync_ == LogSync::commit) {
      ASSERT_GE(found_.commits, acknowledged_.commits);
      ASSERT_GE(found_.appends, acknowledged_.appends);
    }
    acknowledged_.commits = found_.commits;
    acknowledged_.appends = found_.appends;
  }

  void write_until_cut(Log& log, const Ledger& ledger) {
    auto committer = log.open_writer("committer");
    auto ingest = log.open_writer("ingest");
    std::atomic<bool> failed = false;
    std::thread appending([&] {
      for (int64_t n = found_.appends + 1; !failed; ++n) {
        if (append(*ingest, ledger.append_blocks(n)).outcome != CommitOutcome::committed) return;
        acknowledged_.appends = n;
      }
    });
    std::thread cutting([&, wait = random_() % 6000] {
      std::this_thread::sleep_for(std::chrono::microseconds(wait));
      file_system_->cut_power();
    });
    // Bounded, for a log that would acknowledge without power for ever.
    for (int64_t n = found_.commits + 1; n < found_.commits + 100'000; ++n) {
      const CommitResult result = commit(*committer, ledger.commit_blocks(n));
      if (result.outcome != CommitOutcome::committed) {
        ++unanswered_;
        break;
      }
      acknowledged_.commits = n;
    }
    failed = true;
    appending.join();
    cutting.join();
  }

  TemporaryDirectory directory_;
  std::shared_ptr<UnsyncedFileSystem> file_system_ = std::make_shared<UnsyncedFileSystem>();
  std::mt19937 random_{42};
  LogSync sync_;
  Acknowledged acknowledged_;
  Ledger::Contents found_;
  int unanswered_ = 0;
};

void run(LogSync sync, int rounds) {
  PowerCut test(sync);
  for (int i = 0; i < rounds; ++i) {
    test.round(i % 4 == 3, i % 16 == 15);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_EQ(test.unanswered(), rounds);
  EXPECT_GT(test.dropped_bytes(), 0);
  std::printf("%d power cuts, %ld commits and %ld appends kept, %ld bytes dropped\n", rounds, test.found().commits,
              test.found().appends, test.dropped_bytes());
}

}  // namespace

TEST(EmbeddedLogPowerCut, TwoHundredCutsLoseNothingAcknowledged) { run(LogSync::commit, 200); }

TEST(EmbeddedLogPowerCut, WithoutSyncWhatIsLeftIsAWholeBeginning) { run(LogSync::interval, 40); }

}  // namespace millrace::testing
