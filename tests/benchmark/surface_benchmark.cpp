// What clients meet: inserts, look-ups, live results; beside a server by Beast alone that is driven in the same way.
#include <fmt/format.h>
#include <poll.h>

#include <atomic>
#include <memory>
#include <thread>

#include "tests/benchmark/benchmark.h"
#include "tests/benchmark/child_server.h"
#include "tests/program/temporary_directory.h"
#include "tests/program/wire_client.h"

namespace millrace::benchmark {

namespace {

using Clock = std::chrono::steady_clock;
using testing::TemporaryDirectory;
using testing::WireClient;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

void execute(uint16_t port, const std::string& sql) {
  WireClient client(port);
  std::string body;
  const int status = client.ask(
      WireClient::post(
          "/ksql", fmt::format(R"({{"ksql": "{}", "streamsProperties": {{"auto.offset.reset": "earliest"}}}})", sql)),
      body);
  if (status != 200) throw std::runtime_error(sql + ": " + body);
}

constexpr const char* create_stream =
    "CREATE STREAM s (id BIGINT KEY, name STRING, price DOUBLE, n INTEGER) WITH (kafka_topic = 's', partitions = 1, "
    "value_format = 'JSON');";

std::string row(int64_t id) {
  return fmt::format(R"({{"id":{},"name":"item {}","price":{}.5,"n":{}}})", id, id % 1000, id % 100, id % 7);
}

// Requests a second over `connections` connections, each of which asks when it was answered.
double requests_per_second(uint16_t port, const std::string& path, double seconds) {
  constexpr int threads = 2, connections = 16;
  std::atomic<int64_t> answered = 0;
  std::vector<std::thread> clients;
  const auto begin = Clock::now();
  for (int t = 0; t < threads; ++t)
    clients.emplace_back([&, t] {
      std::vector<std::unique_ptr<WireClient>> all;
      for (int i = 0; i < connections; ++i) all.push_back(std::make_unique<WireClient>(port));
      std::string body;
      for (int64_t id = t; seconds_since(begin) < seconds;) {
        for (const auto& client : all) client->send(WireClient::post(path, row(id++)));
        for (const auto& client : all)
          if (client->receive(body) / 100 == 2) ++answered;
      }
    });
  for (std::thread& client : clients) client.join();
  return static_cast<double>(answered) / seconds_since(begin);
}

void single_inserts() {
  double bare = 0, ours = 0;
  {
    const ChildServer server(serve_bare_beast);
    bare = requests_per_second(server.port(), "/", 3);
  }
  {
    const TemporaryDirectory directory;
    const ChildServer server(millrace_server(directory.path(), {}));
    execute(server.port(), create_stream);
    ours = requests_per_second(server.port(), "/v1/streams/s/records?ack=received", 3);
  }
  std::printf("single inserts, ack=received, 32 connections\n  bare Beast server  %8.0f requests/s\n", bare);
  std::printf("  millrace           %8.0f requests/s  %.2f x (aim 0.5)\n", ours, ours / bare);
}

void bulk_inserts() {
  const TemporaryDirectory directory;
  const ChildServer server(millrace_server(directory.path(), {}));
  execute(server.port(), create_stream);
  constexpr int requests = 100, rows = 10'000;
  std::string lines, csv = "id,name,price,n\n";
  for (int i = 0; i < rows; ++i) {
    lines += row(i) + "\n";
    csv += fmt::format("{},item {},{}.5,{}\n", i, i % 1000, i % 100, i % 7);
  }
  std::printf("bulk inserts, 10000 rows a request, committed\n");
  for (const auto& [name, type, body] :
       {std::tuple("JSON lines", "application/x-ndjson", &lines), std::tuple("CSV", "text/csv", &csv)}) {
    WireClient client(server.port());
    const double before = server.cpu_seconds();
    const auto begin = Clock::now();
    std::string answer;
    for (int i = 0; i < requests; ++i)
      if (client.ask(WireClient::post("/v1/streams/s/records", *body, type), answer) != 200)
        throw std::runtime_error(answer);
    std::printf("  %-10s  %9.0f rows per CPU-second (aim 500000), %9.0f a second\n", name,
                requests * rows / (server.cpu_seconds() - before), requests * rows / seconds_since(begin));
  }
}

void look_ups() {
  const TemporaryDirectory directory;
  const ChildServer server(millrace_server(directory.path(), {}));
  execute(server.port(), create_stream);
  execute(server.port(), "CREATE TABLE t AS SELECT id, COUNT(*) AS c, SUM(price) AS p FROM s GROUP BY id;");
  std::atomic<bool> over = false;
  std::thread inserter([&] {  // 10,000 rows a second
    WireClient client(server.port());
    std::string body;
    for (int64_t id = 0; !over;) {
      std::string lines;
      for (int i = 0; i < 500; ++i) lines += row(id++ % 100'000) + "\n";
      client.ask(WireClient::post("/v1/streams/s/records", lines, "application/x-ndjson"), body);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  std::this_thread::sleep_for(std::chrono::seconds(1));
  constexpr int clients = 100;
  std::vector<std::vector<double>> times(clients);
  std::vector<std::thread> threads;
  const auto begin = Clock::now();
  for (int t = 0; t < clients; ++t)
    threads.emplace_back([&, t] {
      WireClient client(server.port());
      std::string body;
      for (int64_t id = t * 97; seconds_since(begin) < 5; id += 13) {
        const auto asked = Clock::now();
        client.ask(
            WireClient::post("/query-stream", fmt::format(R"({{"sql": "SELECT * FROM t WHERE id = {};"}})", id % 5000)),
            body);
        times[static_cast<size_t>(t)].push_back(seconds_since(asked) * 1000);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    });
  for (std::thread& thread : threads) thread.join();
  over = true;
  inserter.join();
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  std::printf(
      "look-ups by key, 100 clients, beside 10000 rows a second\n  %.0f a second, p50 %.2f ms, p99 %.2f ms (aim 10)\n",
      static_cast<double>(all.size()) / 5, quantile(all, 0.5), quantile(all, 0.99));
}

// Reads until every socket has had so many frames.
void read_all(std::vector<std::unique_ptr<WireClient>>& sockets, uint64_t frames) {
  std::vector<pollfd> polls;
  for (const auto& socket : sockets) polls.push_back({socket->descriptor(), POLLIN, 0});
  for (size_t left = sockets.size(); left > 0;) {
    if (::poll(polls.data(), polls.size(), 10'000) <= 0) throw std::runtime_error("frames are missing");
    for (size_t i = 0; i < polls.size(); ++i) {
      if (polls[i].revents == 0 || sockets[i]->frames() < frames) continue;
      polls[i].fd = -1;
      --left;
    }
  }
}

constexpr int subscribers = 1000, posts = 100, rows_each = 10;

std::vector<std::unique_ptr<WireClient>> open_sockets(uint16_t port, const std::string& path,
                                                      const std::string& hello) {
  std::vector<std::unique_ptr<WireClient>> sockets;
  for (int i = 0; i < subscribers; ++i) {
    sockets.push_back(std::make_unique<WireClient>(port));
    sockets.back()->upgrade(path);
    if (!hello.empty()) sockets.back()->send_text(hello);
  }
  return sockets;
}

double bare_subscribers() {
  const ChildServer server(serve_bare_beast);
  auto sockets = open_sockets(server.port(), "/", "");
  // As long as what millrace sends.
  const std::string frame =
      R"({"id":"1","type":"change","op":"insert","key":{"ID":12345},"row":{"ID":12345,"NAME":"item 345","PRICE":45.5,"N":4},"time":1700000000000})";
  WireClient client(server.port());
  std::string body;
  const double before = server.cpu_seconds();
  for (int i = 0; i < posts; ++i) {
    client.ask(WireClient::post(fmt::format("/broadcast?{}", rows_each), frame), body);
    read_all(sockets, static_cast<uint64_t>((i + 1) * rows_each));
  }
  return (server.cpu_seconds() - before) * 1e9 / posts / rows_each / subscribers;
}

double live_subscribers() {
  const TemporaryDirectory directory;
  const ChildServer server(millrace_server(directory.path(), {}));
  execute(server.port(), create_stream);
  auto sockets = open_sockets(server.port(), "/v1/live", R"({"subscribe": "SELECT * FROM s", "progress": "3600s"})");
  read_all(sockets, 1);  // hello
  WireClient client(server.port());
  std::string body;
  const double before = server.cpu_seconds();
  for (int i = 0; i < posts; ++i) {
    std::string lines;
    for (int r = 0; r < rows_each; ++r) lines += row(i * rows_each + r) + "\n";
    client.ask(WireClient::post("/v1/streams/s/records", lines, "application/x-ndjson"), body);
    read_all(sockets, static_cast<uint64_t>(1 + (i + 1) * rows_each));
  }
  return (server.cpu_seconds() - before) * 1e9 / posts / rows_each / subscribers;
}

void live_results() {
  const double bare = bare_subscribers();
  const double ours = live_subscribers();
  std::printf(
      "1000 subscribers of one query, %d times %d rows\n  bare Beast server  %6.0f ns of CPU per delivered row\n",
      posts, rows_each, bare);
  std::printf("  millrace           %6.0f ns of CPU per delivered row  %.2f x (aim 2)\n", ours, ours / bare);
}

// Rows a second through an insert and a query over it.
double throughput(const std::vector<std::string>& settings) {
  const TemporaryDirectory directory;
  const ChildServer server(millrace_server(directory.path(), settings));
  execute(server.port(), create_stream);
  execute(server.port(), "CREATE TABLE t AS SELECT n, COUNT(*) AS c FROM s GROUP BY n;");
  constexpr int requests = 200, rows = 5000;
  std::string lines;
  for (int i = 0; i < rows; ++i) lines += row(i) + "\n";
  WireClient client(server.port());
  std::string answer;
  const double before = server.cpu_seconds();
  for (int i = 0; i < requests; ++i)
    client.ask(WireClient::post("/v1/streams/s/records", lines, "application/x-ndjson"), answer);
  return requests * rows / (server.cpu_seconds() - before);
}

void statistics() {
  std::vector<double> with, without;
  for (int i = 0; i < 5; ++i) {
    with.push_back(throughput({"statistics.interval.ms=5000"}));
    without.push_back(throughput({"statistics.interval.ms=86400000"}));
  }
  const double on = quantile(with, 0.5), off = quantile(without, 0.5);
  std::printf("statistics, audit\n  without %9.0f rows per CPU-second, with %9.0f  %.3f x (aim 0.95)\n", off, on,
              on / off);
}

}  // namespace

int benchmark_surface(const std::vector<std::string>& only) {
  const std::vector<std::pair<std::string, void (*)()>> all = {{"single", single_inserts},
                                                               {"bulk", bulk_inserts},
                                                               {"lookup", look_ups},
                                                               {"live", live_results},
                                                               {"statistics", statistics}};
  for (const auto& [name, run] : all)
    if (only.empty() || std::find(only.begin(), only.end(), name) != only.end()) run();
  return 0;
}

}  // namespace millrace::benchmark
