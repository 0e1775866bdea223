// A disk with no room: commits fail and say so, reads go on, and so do commits once there is room.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <thread>

#include "connectors/block_log/block_log.h"
#include "tests/log/child.h"
#include "tests/log/log_fixture.h"

namespace millrace::testing {

namespace {

struct Failed : std::runtime_error {
  using runtime_error::runtime_error;
};

void require(bool holds, const std::string& what) {
  if (!holds) throw Failed(what);
}

std::vector<RecordBlock> block_of(TopicId topic, int64_t number) {
  return one_block(topic, 0, {{number, std::to_string(number), std::string(32 << 10, 'x')}});
}

// Commits until the disk is full and stays it, while RocksDB tidies up; returns how many were taken.
int64_t fill(LogWriter& writer, TopicId topic, int64_t from) {
  int64_t number = from;
  for (int refused = 0; refused < 20;) {
    const CommitResult result = commit(writer, block_of(topic, number));
    if (result.outcome == CommitOutcome::committed) {
      ++number;
      refused = 0;
      continue;
    }
    require(result.outcome == CommitOutcome::aborted && result.full,
            fmt::format("a commit ended otherwise: {}", result.reason));
    require(!result.reason.empty(), "no reason given");
    ++refused;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return number - from;
}

void check_records(Log& log, TopicId topic, int64_t from, int64_t count) {
  const auto offsets = offsets_of(read_all(log, topic, 0, from));
  require(static_cast<int64_t>(offsets.size()) == count - from,
          fmt::format("{} records of {} can be read", offsets.size(), count - from));
}

// Waits for commits to work again; returns the milliseconds. Before each attempt `prepare` is called.
int64_t recover(
    LogWriter& writer, TopicId topic, int64_t number, const std::function<void()>& prepare = [] {}) {
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    prepare();
    const CommitResult result = commit(writer, block_of(topic, number));
    const auto passed = std::chrono::steady_clock::now() - begin;
    if (result.outcome == CommitOutcome::committed)
      return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
    require(passed < std::chrono::seconds(20), "commits do not work again: " + result.reason);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// As the log does in the background until it succeeds.
void maintain(BlockLog& log) {
  for (int attempt = 0;; ++attempt) {
    try {
      log.maintain();
      return;
    } catch (const Error& error) {
      require(attempt < 100 && error.code() == ErrorCode::log_full, error.message());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

// Without a reserve a disk may be too full to open the log; it says so, and opens once there is room.
std::unique_ptr<Log> open_again(const EmbeddedLogOptions& options, const std::string& spare) {
  try {
    return open_embedded_log(options);
  } catch (const Error& error) {
    require(options.reserve_bytes == 0, "does not open again: " + error.message());
    require(error.code() == ErrorCode::log_full, "does not open again, and not for want of room: " + error.message());
  }
  std::filesystem::remove(spare);
  return open_embedded_log(options);
}

void use_full_disk(const std::string& mount, int64_t reserve_bytes) {
  const std::string ballast = mount + "/ballast";
  const std::string spare = mount + "/spare";
  std::ofstream(ballast) << std::string(8 << 20, 'b');
  std::ofstream(spare) << std::string(4 << 20, 's');
  EmbeddedLogOptions options;
  options.directory = mount + "/data";
  options.reserve_bytes = reserve_bytes;
  options.cache_bytes = 0;
  options.write_buffer_bytes = 1 << 20;
  options.maintenance_interval_ms = 3'600'000;
  auto log = open_embedded_log(options);
  const TopicId topic = log->create({"t", 1, {}}).id;
  auto writer = log->open_writer("w");
  int64_t count = fill(*writer, topic, 0);
  require(count > 50, fmt::format("only {} commits fit", count));
  check_records(*log, topic, 0, count);
  std::filesystem::remove(ballast);
  const int64_t ms = recover(*writer, topic, count++);
  count += fill(*writer, topic, count);
  check_records(*log, topic, 0, count);
  int64_t first = 0;
  if (reserve_bytes > 0) {
    // What is said to make room is taken, also beside what is refused.
    std::promise<CommitResult> refused, taken;
    writer->append(block_of(topic, count), [&](CommitResult result) { refused.set_value(std::move(result)); });
    writer->append(block_of(topic, count), AppendKind::from_reserve,
                   [&](CommitResult result) { taken.set_value(std::move(result)); });
    require(refused.get_future().get().full, "there was room for more");
    require(taken.get_future().get().outcome == CommitOutcome::committed, "the reserve was not used");
    ++count;
    // What is trimmed makes room.
    log->trim(topic, 0, count / 2);
    recover(*writer, topic, count++, [&] { maintain(dynamic_cast<BlockLog&>(*log)); });
    first = count / 2;
  }
  check_records(*log, topic, first, count);
  writer.reset();
  log.reset();
  log = open_again(options, spare);
  check_records(*log, topic, log->offsets(topic, 0).first, log->offsets(topic, 0).end);
  require(log->offsets(topic, 0).end == count, "other records after opening again");
  std::printf("ok reserve %ld: %ld commits, worked again after %ld ms\n", reserve_bytes, count, ms);
}

}  // namespace

// In namespaces of its own: mounts a small disk at the first argument.
int full_disk_main(const std::vector<std::string>& arguments) {
  const std::string& mount = arguments.at(0);
  if (std::system(("mount -t tmpfs -o size=48m none " + mount).c_str()) != 0) {
    std::printf("skip: a tmpfs cannot be mounted here\n");
    return 0;
  }
  try {
    use_full_disk(mount, std::stoll(arguments.at(1)));
  } catch (const std::exception& error) {
    std::printf("failed: %s\n", error.what());
  }
  return 0;
}

class EmbeddedLogFullDisk : public ::testing::TestWithParam<const char*> {};

TEST_P(EmbeddedLogFullDisk, CommitsFailReadsGoOn) {
  TemporaryDirectory directory;
  Child child({"full-disk", directory.path(), GetParam()}, {"unshare", "-rm"});
  std::string line;
  std::string said;
  while (child.read_line(line)) said += line + "\n";
  child.wait();
  if (said.empty() || said.starts_with("skip")) GTEST_SKIP() << "no namespace with a small disk: " << said;
  EXPECT_TRUE(said.starts_with("ok ")) << said;
  std::printf("%s", said.c_str());
}

// With a reserve the log itself refuses in time; without, RocksDB meets the end of the disk.
INSTANTIATE_TEST_SUITE_P(Reserve, EmbeddedLogFullDisk, ::testing::Values("8388608", "0"),
                         [](const auto& param) { return param.param[0] == '0' ? "none" : "kept"; });

}  // namespace millrace::testing
