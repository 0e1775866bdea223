// From the log to the committed result: what a row costs, what queries share, how soon a row arrives, what idling
// costs.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <thread>

#include "connectors/embedded_log.h"
#include "connectors/memory_log.h"
#include "server/engine.h"
#include "tests/benchmark/bare_loop.h"
#include "tests/benchmark/benchmark.h"
#include "tests/benchmark/engine_run.h"
#include "tests/benchmark/path_shapes.h"
#include "tests/benchmark/rows.h"

namespace millrace::benchmark {

namespace {

using namespace std::chrono_literals;

constexpr size_t keys = 10'000;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-benchmark-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::shared_ptr<Log> open_log(const std::string& directory) {
  EmbeddedLogOptions log;
  log.directory = directory;
  return open_embedded_log(log);
}

double bare_ns_per_row(size_t rows) {
  std::mt19937_64 random(1);
  std::vector<std::string> records(std::min<size_t>(rows, 50'000));
  for (std::string& record : records) record = make_row(random);
  BareLoop bare(keys);
  const Stopwatch watch;
  for (size_t i = 0; i < rows; ++i) bare.add(records[i % records.size()]);
  return watch.stop(static_cast<int64_t>(rows)).cpu_ns;
}

void path(size_t rows) {
  const TemporaryDirectory directory;
  const std::shared_ptr<Log> log = open_log(directory.path());
  load(*log, "rows", rows);
  const std::string query =
      "CREATE TABLE t{} AS SELECT airport, COUNT(*) AS n, SUM(delay) AS total FROM s WINDOW TUMBLING (SIZE 1 HOUR) "
      "GROUP BY airport;";
  double best_bare = 1e18, best_engine = 1e18;
  for (int round = 0; round < 3; ++round) {
    best_bare = std::min(best_bare, bare_ns_per_row(rows));
    best_engine = std::min(best_engine, run_queries(log, fmt::format("path{}", round), {create_rows("s", "rows")},
                                                    {fmt::format(fmt::runtime(query), round)}, rows));
  }
  fmt::print("tumbling GROUP BY of {} keys, {} rows of {} bytes, emission per commit\n", keys, rows, row_bytes);
  fmt::print("  bare simdjson loop + hash add      {:8.1f} ns/row\n", best_bare);
  fmt::print("  from the log to committed results  {:8.1f} ns/row  {:5.2f} x (aim 2.5)\n", best_engine,
             best_engine / best_bare);
}

void sharing(size_t rows) {
  const std::shared_ptr<Log> log = make_memory_log();
  load(*log, "rows", rows);
  std::vector<std::string> queries;
  for (int i = 0; i < 3; ++i)
    queries.push_back(
        fmt::format("CREATE STREAM f{} AS SELECT id, airport, delay FROM s WHERE delay > {};", i, 400 + i * 50));
  for (const std::string_view key : {"airport", "carrier", "delay"})
    queries.push_back(fmt::format("CREATE TABLE c_{} AS SELECT {}, COUNT(*) AS n FROM s GROUP BY {};", key, key, key));
  for (const int minutes : {1, 10})
    queries.push_back(fmt::format(
        "CREATE TABLE w{} AS SELECT airport, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE {} MINUTES) GROUP BY airport;",
        minutes, minutes));
  double alone = 0;
  int number = 0;
  for (std::string query : queries) {
    // Each engine makes sinks of its own over the shared log.
    const std::string service = fmt::format("alone{}", number++);
    query.insert(query.find(" AS SELECT"), fmt::format(" WITH (kafka_topic = '{}')", service));
    alone += run_queries(log, service, {create_rows("s", "rows")}, {query}, rows);
  }
  const double together = run_queries(log, "together", {create_rows("s", "rows")}, queries, rows);
  fmt::print("eight queries on one topic, {} rows\n", rows);
  fmt::print("  each alone, summed                 {:8.1f} ns/row\n", alone);
  fmt::print("  all together                       {:8.1f} ns/row  {:5.2f} x (aim 0.5)\n", together, together / alone);
}

// Waits for the next row of a stream.
void await_row(ResultStream& stream) {
  for (;;) {
    std::promise<void> ready;
    stream.on_ready([&] { ready.set_value(); });
    ready.get_future().wait();
    if (!stream.poll().batches.empty()) return;
  }
}

void latency() {
  const TemporaryDirectory directory;
  const auto engine = Engine::open(options("latency"), open_log(directory.path()));
  Session session;
  must(*engine, session, create_rows("s", "rows"));
  const auto stream = engine->query(session, "SELECT id, delay FROM s EMIT CHANGES;");
  const auto inserts = engine->open_inserts(session, "s");
  std::mt19937_64 random(2);
  std::vector<double> milliseconds;
  for (int i = 0; i < 2000; ++i) {
    const std::string row = make_row(random);
    const std::string_view view = row;
    const auto begin = std::chrono::steady_clock::now();
    std::promise<void> acknowledged;
    inserts->insert(std::span(&view, 1), [&](const auto&) { acknowledged.set_value(); });
    await_row(*stream);
    milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    acknowledged.get_future().wait();
  }
  const double p50 = quantile(milliseconds, 0.5);
  fmt::print("insert to row at a SELECT … EMIT CHANGES, log.sync = commit\n");
  fmt::print("  p50 {:.2f} ms (aim 3), p99 {:.2f} ms (aim 10)\n", p50, quantile(milliseconds, 0.99));
}

void idle(size_t count) {
  const auto engine = Engine::open(options("idle"), make_memory_log());
  Session session;
  must(*engine, session, create_rows("s", "rows"));
  must(*engine, session, "CREATE STREAM warm AS SELECT id FROM s WHERE delay > 0;");
  give_back_freed();  // what parts before this one freed would hide what the queries take
  const int64_t before = resident_bytes();
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i)
    must(*engine, session, fmt::format("CREATE STREAM q{} AS SELECT id, delay FROM s WHERE delay > {};", i, i));
  const double create_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  const int64_t after = resident_bytes();
  const auto stream = engine->query(session, "SELECT id FROM q7 EMIT CHANGES;");
  const std::string row = R"({"ID": 1, "DELAY": 8})";
  const std::string_view view = row;
  const auto sent = std::chrono::steady_clock::now();
  engine->open_inserts(session, "s")->insert(std::span(&view, 1), [](const auto&) {});
  await_row(*stream);
  const double row_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - sent).count();
  fmt::print("{} idle queries\n", count);
  fmt::print("  {:.1f} KiB each (aim 64), created in {:.2f} ms each; a row through one of them after {:.0f} ms\n",
             static_cast<double>(after - before) / 1024 / static_cast<double>(count),
             create_ms / static_cast<double>(count), row_ms);
}

void restore(size_t count) {
  const std::shared_ptr<Log> log = make_memory_log();
  Session session;
  session.properties["auto.offset.reset"] = "earliest";
  {
    const auto engine = Engine::open(options("restore"), log);
    must(*engine, session,
         "CREATE STREAM k (id BIGINT, v INT) WITH (kafka_topic = 'k', partitions = 1, value_format = 'JSON');");
    must(*engine, session, "CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM k GROUP BY id;");
    const auto inserts = engine->open_inserts(session, "k");
    std::vector<std::string> rows;
    for (size_t i = 0; i < count; ++i) {
      rows.push_back(fmt::format(R"({{"ID": {}, "V": {}}})", i, i % 100));
      if (rows.size() < 10'000 && i + 1 < count) continue;
      const std::vector<std::string_view> views(rows.begin(), rows.end());
      std::promise<void> done;
      inserts->insert(views, [&](const auto&) { done.set_value(); });
      done.get_future().wait();
      rows.clear();
    }
    if (!engine->settle(600s)) std::exit(1);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto engine = Engine::open(options("restore"), log);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("restoring {} keys\n  {:.2f} s (aim 0.5)\n", count, seconds);
}

// The server as a program of its own: how soon it is ready, and what it takes when nothing happens.
void start() {
  const std::string program = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "millrace").string();
  if (!std::filesystem::exists(program)) {
    fmt::print("start to ready: skipped, {} is not built\n", program);
    return;
  }
  const TemporaryDirectory directory;
  const std::string command =
      fmt::format("exec {} serve --listen 127.0.0.1:0 --data-dir {}", program, directory.path() + "/data");
  const auto begin = std::chrono::steady_clock::now();
  int output[2];
  if (::pipe(output) != 0) return;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(output[1]);
  char byte = 0;
  while (::read(output[0], &byte, 1) == 1 && byte != '\n') {
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::this_thread::sleep_for(500ms);
  int64_t pages = 0, resident = 0;
  if (FILE* file = std::fopen(fmt::format("/proc/{}/statm", child).c_str(), "r")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  ::kill(child, SIGTERM);
  ::waitpid(child, nullptr, 0);
  ::close(output[0]);
  fmt::print("start to ready\n  {:.2f} s (aim 0.3), idle memory {:.1f} MB (aim 40)\n", seconds,
             static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6);
}

}  // namespace

// `benchmark path [part]`: path, sharing, shapes, latency, idle, restore, start; all of them where none is named.
int benchmark_path(const std::vector<std::string>& arguments) {
  auto wanted = [&](std::string_view part) {
    return arguments.empty() || std::find(arguments.begin(), arguments.end(), part) != arguments.end();
  };
  if (wanted("path")) path(1'000'000);
  if (wanted("sharing")) sharing(300'000);
  if (wanted("shapes")) path_shapes(1'000'000);
  if (wanted("latency")) latency();
  if (wanted("start")) start();
  if (wanted("restore")) restore(1'000'000);
  if (wanted("idle")) idle(10'000);
  return 0;
}

}  // namespace millrace::benchmark
