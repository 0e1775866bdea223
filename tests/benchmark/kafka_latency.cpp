// How soon something arrives on Kafka: the server is a process of its own, its clients are here.
#include "tests/benchmark/kafka_latency.h"

#include <fmt/format.h>

#include <atomic>
#include <cstring>
#include <future>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "tests/benchmark/bare_kafka.h"
#include "tests/benchmark/benchmark.h"
#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"

namespace millrace::benchmark {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::execute_well;
using Json = nlohmann::json;

constexpr size_t rows = 500;
constexpr auto spacing = 10ms;
constexpr auto patience = 60s;
const testing::Properties from_latest = {{"auto.offset.reset", "latest"}};

// When each row was there, by its number.
using Arrivals = std::vector<Clock::time_point>;

testing::ServerProcess start_server(const std::string& directory, const std::string& brokers,
                                    const std::string& service) {
  return {directory, {"kafka.bootstrap.servers=" + brokers, "service.id=" + service, "log.level=error"}};
}

void spawn(testing::ServerProcess& server) {
  server.spawn();
  if (!server.wait_ready(patience)) throw std::runtime_error("the server is not ready");
}

// A client of POST /query-stream on a thread of its own, until all rows have come.
class Subscriber {
 public:
  Subscriber(const shell::ServerUrl& url, const std::string& sql) : arrivals_(rows), exchange_(url) {
    const Json request = {{"sql", sql}, {"properties", from_latest}};
    exchange_.send("POST", "/query-stream", "application/vnd.ksqlapi.delimited.v1", request.dump());
    while (text_.find('\n') == std::string::npos) read();
    text_.erase(0, text_.find('\n') + 1);
    thread_ = std::thread([this] { run(); });
  }
  const Arrivals& join() {
    thread_.join();
    return arrivals_;
  }

 private:
  void read() {
    if (exchange_.read(text_, 10s) == shell::HttpExchange::Event::ended) throw std::runtime_error("it ended");
  }
  void run() {
    const auto deadline = Clock::now() + patience;
    for (size_t seen = 0; seen < rows && Clock::now() < deadline;) {
      read();
      const auto now = Clock::now();
      size_t at = 0;
      for (size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', at)) {
        arrivals_.at(Json::parse(text_.substr(at, end - at)).at(0).get<size_t>()) = now;
        at = end + 1;
        ++seen;
      }
      text_.erase(0, at);
    }
  }

  Arrivals arrivals_;
  shell::HttpExchange exchange_;
  std::string text_;
  std::thread thread_;
};

struct Quantiles {
  double p50 = 0, p99 = 0;
};

Quantiles quantiles_of(const Arrivals& sent, const Arrivals& arrived) {
  std::vector<double> milliseconds;
  for (size_t i = 0; i < rows; ++i) {
    if (arrived[i] == Clock::time_point()) throw std::runtime_error(fmt::format("row {} did not come", i));
    milliseconds.push_back(std::chrono::duration<double, std::milli>(arrived[i] - sent[i]).count());
  }
  return {quantile(milliseconds, 0.5), quantile(milliseconds, 0.99)};
}

// The first is the bare consumer's.
std::vector<Quantiles> measure(const std::string& brokers, const shell::ServerUrl& url,
                               const std::vector<std::string>& streams) {
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (const std::string& stream : streams)
    subscribers.push_back(std::make_unique<Subscriber>(url, "SELECT id FROM " + stream + " EMIT CHANGES;"));
  BareConsumer consumer(brokers, "soon", 1, BareConsumer::Begin::latest);
  Arrivals bare(rows);
  std::atomic<bool> done = false;
  std::thread reading([&] {
    while (!done)
      consumer.read(Clock::now() + 100ms, [&](const rd_kafka_message_t& message) {
        const std::string_view value(static_cast<const char*>(message.payload), message.len);
        bare.at(Json::parse(value).at("ID").get<size_t>()) = Clock::now();
      });
  });
  std::this_thread::sleep_for(2s);  // everybody reads
  BareProducer producer(brokers, "", "0");
  Arrivals sent(rows);
  for (size_t i = 0; i < rows; ++i) {
    sent[i] = Clock::now();
    producer.send("soon", 0, fmt::format(R"({{"ID":{},"V":1}})", i), static_cast<int64_t>(i + 1));
    std::this_thread::sleep_until(sent[i] + spacing);
  }
  producer.flush();
  std::vector<Quantiles> all(1);
  for (auto& subscriber : subscribers) all.push_back(quantiles_of(sent, subscriber->join()));
  done = true;
  reading.join();
  all[0] = quantiles_of(sent, bare);
  return all;
}

void report(const std::string& what, const Quantiles& bare, const Quantiles& row, const std::string& aim) {
  fmt::print("  {:34} p50 {:6.1f} ms, p99 {:6.1f} ms; over the bare consumer {:.1f} and {:.1f} ms{}\n", what, row.p50,
             row.p99, row.p50 - bare.p50, row.p99 - bare.p99, aim);
}

}  // namespace

void kafka_latency(const std::string& brokers) {
  const testing::TemporaryDirectory directory;
  auto server = start_server(directory.path(), brokers, "latency");
  spawn(server);
  execute_well(
      server.url(),
      "CREATE STREAM soon (id INT, v INT) WITH (kafka_topic = 'soon', partitions = 1, value_format = 'JSON');");
  fmt::print("produce to row at a client of POST /query-stream, {} rows, one each {} ms\n", rows, spacing.count());
  const auto direct = measure(brokers, server.url(), {"soon"});
  fmt::print("  {:34} p50 {:6.1f} ms, p99 {:6.1f} ms\n", "bare consumer", direct[0].p50, direct[0].p99);
  report("of the stream", direct[0], direct[1], " (aims 5 and 20)");
  execute_well(server.url(), "CREATE STREAM hop1 AS SELECT id, v FROM soon WHERE v > 0;", from_latest);
  execute_well(server.url(), "CREATE STREAM hop2 AS SELECT id, v FROM hop1 WHERE v > 0;", from_latest);
  const auto hops = measure(brokers, server.url(), {"hop1", "hop2"});
  report("through a query", hops[0], hops[1], fmt::format("; p99 {:.2f} x of 300 ms", hops[1].p99 / 300));
  report("through two", hops[0], hops[2],
         fmt::format("; the second adds {:.1f} and {:.1f} ms", hops[2].p50 - hops[1].p50, hops[2].p99 - hops[1].p99));
}

namespace {

constexpr int64_t state_keys = 1'000'000;

Json counters(const shell::ServerUrl& url) {
  return execute_well(url, "SHOW QUERIES;").at(0).at("queries").at(0).at("counters");
}

std::string keyed(int64_t i) { return fmt::format(R"({{"ID":"key-{:020}","V":1}})", i); }

// Until `holds`; the time since `begin`.
double seconds_until(Clock::time_point begin, const std::function<bool()>& holds) {
  while (!holds()) {
    if (Clock::now() > begin + 10 * patience) throw std::runtime_error("it does not come");
    std::this_thread::sleep_for(20ms);
  }
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

void kafka_recovery(const std::string& brokers) {
  const testing::TemporaryDirectory directory;
  auto server = start_server(directory.path(), brokers, "recovery");
  spawn(server);
  execute_well(server.url(),
               "CREATE STREAM many (id STRING, v INT) WITH (kafka_topic = 'many', partitions = 1, value_format = "
               "'JSON');");
  execute_well(server.url(),
               "CREATE TABLE sums WITH (kafka_topic = 'sums', partitions = 1) AS SELECT id, COUNT(*) AS n, SUM(v) AS "
               "total, MIN(v) AS least, MAX(v) AS most FROM many GROUP BY id;",
               testing::from_earliest);
  BareProducer producer(brokers, "", "5");
  for (int64_t i = 0; i < state_keys; ++i) producer.send("many", 0, keyed(i), i + 1);
  producer.flush();
  seconds_until(Clock::now(), [&] { return counters(server.url()).at("rowsIn") == state_keys; });
  std::this_thread::sleep_for(2s);  // the last of it is committed
  const double megabytes = counters(server.url()).at("stateBytes").get<double>() / 1e6;
  BareConsumer results(brokers, "sums", 1, BareConsumer::Begin::latest);
  server.kill();
  const auto killed = Clock::now();
  server.reap();
  producer.send("many", 0, keyed(7), state_keys + 1);
  producer.flush();
  std::promise<double> found;
  bool seen = false;
  std::thread reading([&] {
    while (!seen && Clock::now() < killed + patience)
      results.read(Clock::now() + 100ms, [&](const rd_kafka_message_t& message) {
        const std::string_view value(static_cast<const char*>(message.payload), message.len);
        if (seen || value.find("\"N\":2") == std::string_view::npos) return;
        seen = true;
        found.set_value(std::chrono::duration<double>(Clock::now() - killed).count());
      });
    if (!seen) found.set_exception(std::make_exception_ptr(std::runtime_error("no result came")));
  });
  spawn(server);
  const double ready = std::chrono::duration<double>(Clock::now() - killed).count();
  reading.join();
  // The same records once more, by a consumer that does nothing with them.
  const Stopwatch watch;
  int64_t bytes = 0;
  BareConsumer(brokers, "_millrace_recovery_state", 1, BareConsumer::Begin::earliest)
      .read_all([&](const rd_kafka_message_t& message) { bytes += static_cast<int64_t>(message.len); });
  const double bare = watch.stop(1).wall_ns / 1e9;
  const double first = found.get_future().get();
  fmt::print("kill -9 to the first new result, {:.0f} MB of state ({:.0f} MB of its topic)\n", megabytes,
             static_cast<double>(bytes) / 1e6);
  fmt::print(
      "  {:.2f} s (aim 5), of these {:.2f} s until the server is ready; a bare consumer reads the state topic in "
      "{:.2f} s: {:.1f} x\n",
      first, ready, bare, first / bare);
}

}  // namespace millrace::benchmark
