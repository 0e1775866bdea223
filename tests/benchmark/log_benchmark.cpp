// `benchmark log [ROWS [blocks]]`: what writing and reading 205-byte rows in blocks of 1,000 costs in each log, beside
// a plain file of length-prefixed rows with a CRC32C per block; then, without `blocks`, what very many blocks of one
// row cost.
#include <fcntl.h>
#include <fmt/format.h>
#include <nmmintrin.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>

#include "connectors/embedded_log.h"
#include "connectors/memory_log.h"
#include "tests/benchmark/benchmark.h"

namespace millrace::benchmark {

namespace {

constexpr size_t row_bytes = 205;
constexpr size_t block_rows = 1000;

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "log_benchmark_XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Rows as a producer sends them; each differs.
std::vector<RecordBlock> make_blocks(TopicId topic, int64_t rows) {
  std::vector<RecordBlock> blocks;
  RecordBlockBuilder builder(topic.value, 0);
  std::string row(row_bytes, '.');
  uint64_t random = 1;
  for (int64_t i = 0; i < rows; ++i) {
    for (size_t at = 0; at + 8 <= row.size(); at += 8) {
      random = random * 6'364'136'223'846'793'005 + 1'442'695'040'888'963'407;
      for (size_t b = 0; b < 8; ++b) row[at + b] = static_cast<char>('0' + (random >> (8 * b + 4)) % 10);
    }
    builder.add(i, null_bytes(), row);
    if (builder.size() == block_rows) blocks.push_back(builder.build());
  }
  return blocks;
}

__attribute__((target("sse4.2"))) uint32_t crc32c(const char* data, size_t size) {
  uint64_t crc = 0xffffffff;
  for (; size >= 8; data += 8, size -= 8) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  for (; size > 0; ++data, --size) crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<unsigned char>(*data));
  return static_cast<uint32_t>(crc);
}

struct Costs {
  Cost write;
  Cost read;
};

Costs plain_file(const std::vector<RecordBlock>& blocks, int64_t rows, bool sync) {
  Directory directory;
  const int file = ::open((directory.path() + "/plain").c_str(), O_CREAT | O_RDWR, 0600);
  Costs costs;
  const Stopwatch writing;
  std::string buffer;
  for (const RecordBlock& block : blocks) {
    buffer.assign(8, '\0');
    for (Bytes value : block.values) {
      const auto length = static_cast<uint32_t>(value.size());
      buffer.append(reinterpret_cast<const char*>(&length), 4);
      buffer.append(value);
    }
    const auto size = static_cast<uint32_t>(buffer.size());
    const uint32_t crc = crc32c(buffer.data() + 8, size - 8);
    std::memcpy(buffer.data(), &size, 4);
    std::memcpy(buffer.data() + 4, &crc, 4);
    if (::write(file, buffer.data(), size) != static_cast<ssize_t>(size)) throw std::runtime_error("write failed");
    if (sync) ::fdatasync(file);
  }
  costs.write = writing.stop(rows);
  const Stopwatch reading;
  uint64_t sum = 0;
  off_t at = 0;
  for (size_t b = 0; b < blocks.size(); ++b) {
    uint32_t front[2];
    if (::pread(file, front, 8, at) != 8) throw std::runtime_error("read failed");
    buffer.resize(front[0]);
    if (::pread(file, buffer.data(), front[0], at) != static_cast<ssize_t>(front[0]))
      throw std::runtime_error("read failed");
    if (crc32c(buffer.data() + 8, front[0] - 8) != front[1]) throw std::runtime_error("wrong CRC");
    for (size_t i = 8; i < buffer.size();) {
      uint32_t length;
      std::memcpy(&length, buffer.data() + i, 4);
      sum += static_cast<unsigned char>(buffer[i + 4]);
      i += 4 + length;
    }
    at += front[0];
  }
  costs.read = reading.stop(rows);
  ::close(file);
  if (sum == 0) throw std::runtime_error("nothing read");
  return costs;
}

// Appends all, as many outstanding as come; returns when all are answered.
void append_all(Log& log, std::vector<RecordBlock> blocks) {
  auto writer = log.open_writer("benchmark");
  std::atomic<size_t> left = blocks.size();
  std::promise<void> done;
  std::atomic<size_t> outstanding = 0;
  for (RecordBlock& block : blocks) {
    while (outstanding.load() >= 64) outstanding.wait(64);
    ++outstanding;
    std::vector<RecordBlock> one;
    one.push_back(std::move(block));
    writer->append(std::move(one), [&](const CommitResult& result) {
      if (result.outcome != CommitOutcome::committed) throw std::runtime_error(result.reason);
      --outstanding;
      outstanding.notify_one();
      if (--left == 0) done.set_value();
    });
  }
  done.get_future().wait();
}

int64_t read_all(Log& log, TopicId topic) {
  auto reader = log.open_reader({{.topic = topic}});
  int64_t rows = 0;
  uint64_t sum = 0;
  while (true) {
    const auto runs = reader->read(1 << 20, std::chrono::steady_clock::now());
    if (runs.empty()) break;
    for (const RecordRun& run : runs) {
      for (size_t i = run.begin; i < run.end; ++i) sum += static_cast<unsigned char>(run.block->values[i][0]);
      rows += static_cast<int64_t>(run.size());
    }
  }
  if (sum == 0) throw std::runtime_error("nothing read");
  return rows;
}

Costs memory_log(int64_t rows) {
  auto log = make_memory_log();
  const TopicId topic = log->create({"t", 1, {}}).id;
  auto blocks = make_blocks(topic, rows);
  Costs costs;
  const Stopwatch writing;
  append_all(*log, std::move(blocks));
  costs.write = writing.stop(rows);
  const Stopwatch reading;
  costs.read = (read_all(*log, topic), reading.stop(rows));
  return costs;
}

Costs embedded_log(int64_t rows, LogSync sync) {
  Directory directory;
  EmbeddedLogOptions options;
  options.directory = directory.path();
  options.sync = sync;
  auto log = open_embedded_log(options);
  const TopicId topic = log->create({"t", 1, {}}).id;
  auto blocks = make_blocks(topic, rows);
  Costs costs;
  const Stopwatch writing;
  append_all(*log, std::move(blocks));
  log.reset();  // with what RocksDB's threads still have to do
  costs.write = writing.stop(rows);
  options.cache_bytes = 0;
  log = open_embedded_log(options);
  const Stopwatch reading;
  costs.read = (read_all(*log, topic), reading.stop(rows));
  return costs;
}

void print(const std::string& name, const Costs& costs, const Costs& plain) {
  fmt::print("{:<28}{:>9.1f}{:>9.1f}{:>8.2f}   {:>9.1f}{:>9.1f}{:>8.2f}\n", name, costs.write.cpu_ns,
             costs.write.wall_ns, costs.write.cpu_ns / plain.write.cpu_ns, costs.read.cpu_ns, costs.read.wall_ns,
             costs.read.cpu_ns / plain.read.cpu_ns);
}

// One row a block, as when every insert is its own: without merging and with.
void one_row_blocks(int64_t count, bool merged) {
  Directory directory;
  EmbeddedLogOptions options;
  options.directory = directory.path();
  options.sync = LogSync::never;
  options.cache_bytes = 1 << 20;
  options.merge_bytes_max = merged ? options.merge_bytes_max : 0;
  options.maintenance_interval_ms = 100;
  auto log = open_embedded_log(options);
  const TopicId topic = log->create({"t", 1, {}}).id;
  std::vector<RecordBlock> blocks;
  RecordBlockBuilder builder(topic.value, 0);
  for (int64_t i = 0; i < count; ++i) {
    builder.add(i, null_bytes(), std::string(row_bytes, 'x'));
    blocks.push_back(builder.build());
  }
  const Stopwatch writing;
  append_all(*log, std::move(blocks));
  log.reset();
  const Cost write = writing.stop(count);
  give_back_freed();
  const int64_t resident = resident_bytes();
  const Stopwatch opening;
  log = open_embedded_log(options);
  const Cost open = opening.stop(1);
  const int64_t index = resident_bytes() - resident;
  const Stopwatch reading;
  const int64_t rows = read_all(*log, topic);
  const Cost read = reading.stop(rows);
  fmt::print("{:<28}{:>9.1f}{:>9.1f}{:>11}{:>9.1f}{:>9.1f}   opened in {:.0f} ms, {:.0f} MB more in memory\n",
             merged ? "one-row blocks, merged" : "one-row blocks", write.cpu_ns, write.wall_ns, "", read.cpu_ns,
             read.wall_ns, open.wall_ns / 1e6, static_cast<double>(index) / 1e6);
}

// One commit after the other, each of one row, as an insert that waits for its answer.
void one_commit_at_a_time() {
  Directory directory;
  EmbeddedLogOptions options;
  options.directory = directory.path();
  auto log = open_embedded_log(options);
  const TopicId topic = log->create({"t", 1, {}}).id;
  auto writer = log->open_writer("benchmark");
  std::vector<double> us;
  for (int i = 0; i < 1000; ++i) {
    RecordBlockBuilder builder(topic.value, 0);
    builder.add(i, null_bytes(), std::string(row_bytes, 'x'));
    std::vector<RecordBlock> one;
    one.push_back(builder.build());
    std::promise<void> done;
    const Stopwatch waiting;
    writer->commit(std::move(one), [&](const CommitResult&) { done.set_value(); });
    done.get_future().wait();
    us.push_back(waiting.stop(1).wall_ns / 1000);
  }
  std::sort(us.begin(), us.end());
  fmt::print("one commit of one row, synced: p50 {:.0f} us, p99 {:.0f} us\n", us[500], us[990]);
}

}  // namespace

int benchmark_log(const std::vector<std::string>& arguments) {
  const int64_t rows = arguments.empty() ? 1'000'000 : std::atoll(arguments[0].c_str());
  const auto blocks = make_blocks(TopicId{1}, rows);
  fmt::print("{} rows of {} bytes in blocks of {}; ns per row, ratio of CPU to the plain file\n", rows, row_bytes,
             block_rows);
  fmt::print("{:<28}{:>9}{:>9}{:>8}   {:>9}{:>9}{:>8}\n", "", "write cpu", "wall", "ratio", "read cpu", "wall",
             "ratio");
  const Costs plain = plain_file(blocks, rows, false);
  print("plain append + CRC", plain, plain);
  print("memory log", memory_log(rows), plain);
  print("embedded log, unsynced", embedded_log(rows, LogSync::never), plain);
  const Costs synced = plain_file(blocks, rows, true);
  print("plain, synced every block", synced, synced);
  print("embedded log, synced", embedded_log(rows, LogSync::commit), synced);
  if (arguments.size() > 1) return 0;
  one_row_blocks(rows, false);
  one_row_blocks(rows, true);
  one_commit_at_a_time();
  return 0;
}

}  // namespace millrace::benchmark
