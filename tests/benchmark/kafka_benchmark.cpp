// On Kafka: what rows, transactions and restarts cost, beside the client library alone. CPU is that of this process, in
// which the engine runs with the client library's threads; the broker is another one.
#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <stdexcept>

#include "connectors/kafka_log.h"
#include "tests/benchmark/bare_kafka.h"
#include "tests/benchmark/bare_loop.h"
#include "tests/benchmark/benchmark.h"
#include "tests/benchmark/engine_run.h"
#include "tests/benchmark/kafka_latency.h"
#include "tests/program/kafka_broker.h"

namespace millrace::benchmark {

namespace {

using namespace std::chrono_literals;

constexpr size_t keys = 10'000;
constexpr int32_t partitions = 4;
constexpr int rounds = 3;
constexpr size_t rows_per_transaction = 100'000;

std::string_view value_of(const rd_kafka_message_t& message) {
  return {static_cast<const char*>(message.payload), message.len};
}

std::shared_ptr<Log> open_log(const std::string& brokers) {
  KafkaLogOptions options;
  options.brokers = brokers;
  return open_kafka_log(std::move(options));
}

void path(const std::string& brokers, size_t rows) {
  double bare = 1e18;
  double engine = 1e18;
  for (int round = 0; round < rounds; ++round) {
    {
      BareLoop loop(keys);
      const Stopwatch watch;
      BareConsumer consumer(brokers, "rows", partitions, BareConsumer::Begin::earliest);
      size_t count = 0;
      consumer.read_all([&](const rd_kafka_message_t& message) {
        loop.add(value_of(message));
        ++count;
      });
      if (count != rows) throw std::runtime_error(fmt::format("the consumer read {} rows of {}", count, rows));
      bare = std::min(bare, watch.stop(static_cast<int64_t>(rows)).cpu_ns);
    }
    engine = std::min(
        engine, run_queries(open_log(brokers), fmt::format("path{}", round), {create_rows("s", "rows", partitions)},
                            {fmt::format("CREATE TABLE path{} AS SELECT airport, COUNT(*) AS n, SUM(delay) AS total "
                                         "FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY airport;",
                                         round)},
                            rows));
  }
  fmt::print("tumbling GROUP BY of {} keys, {} rows in {} partitions, emission per commit\n", keys, rows, partitions);
  fmt::print("  bare consumer + simdjson + hash add  {:8.1f} ns/row\n", bare);
  fmt::print("  from Kafka to committed results      {:8.1f} ns/row  {:5.2f} x (aim 1.5)\n", engine, engine / bare);
}

// Every row goes through; each is looked at.
void filter(const std::string& brokers, Log& log, size_t rows) {
  double bare = 1e18;
  double engine = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const std::string copy = fmt::format("copy{}", round);
    log.create({.name = copy, .partitions = partitions, .retention = {}});
    {
      BareProducer producer(brokers, copy, "5");
      simdjson::ondemand::parser parser;
      std::string scratch;
      size_t open = 0;
      const Stopwatch watch;
      BareConsumer consumer(brokers, "rows", partitions, BareConsumer::Begin::earliest);
      consumer.read_all([&](const rd_kafka_message_t& message) {
        scratch.assign(value_of(message));
        scratch.reserve(scratch.size() + simdjson::SIMDJSON_PADDING);
        int64_t delay = -1;
        auto document = parser.iterate(scratch);
        if (document.find_field("DELAY").get_int64().get(delay) != simdjson::SUCCESS || delay < 0) return;
        if (open == 0) producer.begin();
        producer.send(copy, message.partition, value_of(message), rd_kafka_message_timestamp(&message, nullptr));
        if (++open < rows_per_transaction) return;
        producer.commit();
        open = 0;
      });
      if (open > 0) producer.commit();
      bare = std::min(bare, watch.stop(static_cast<int64_t>(rows)).cpu_ns);
    }
    engine = std::min(
        engine, run_queries(open_log(brokers), fmt::format("filter{}", round), {create_rows("s", "rows", partitions)},
                            {fmt::format("CREATE STREAM filter{} AS SELECT * FROM s WHERE delay >= 0;", round)}, rows));
  }
  fmt::print("filter that all of {} rows in {} partitions pass, Kafka to Kafka\n", rows, partitions);
  fmt::print("  bare consumer + simdjson + producer  {:8.1f} ns/row\n", bare);
  fmt::print("  from Kafka to committed results      {:8.1f} ns/row  {:5.2f} x (aim 1.3)\n", engine, engine / bare);
}

struct Times {
  double p50 = 0, p99 = 0, mean = 0;  // in milliseconds
};

// The first call, which learns of the topic, does not count.
template <class F>
Times time_each(int repeats, F&& call) {
  call();
  std::vector<double> milliseconds;
  const Stopwatch all;
  for (int i = 0; i < repeats; ++i) {
    const Stopwatch one;
    call();
    milliseconds.push_back(one.stop(1).wall_ns / 1e6);
  }
  const double mean = all.stop(repeats).wall_ns / 1e6;
  return {quantile(milliseconds, 0.5), quantile(milliseconds, 0.99), mean};
}

void transactions(const std::string& brokers, Log& log) {
  fmt::print("transactions of one row in each partition, back to back\n");
  const auto writer = log.open_writer("transactions");
  BareProducer producer(brokers, "transactions-bare", "5");
  for (const int32_t count : {1, 10, 64}) {
    const TopicDescription topic =
        log.create({.name = fmt::format("transactions{}", count), .partitions = count, .retention = {}});
    const int repeats = count == 1 ? 200 : 100;
    const auto ours = [&] {
      std::vector<RecordBlock> blocks;
      for (int32_t p = 0; p < count; ++p) {
        RecordBlockBuilder builder(topic.id.value, p);
        builder.add(1, null_bytes(), "{}");
        blocks.push_back(builder.build());
      }
      std::promise<CommitResult> done;
      writer->commit(std::move(blocks), [&](CommitResult result) { done.set_value(std::move(result)); });
      if (done.get_future().get().outcome != CommitOutcome::committed) throw std::runtime_error("a commit failed");
    };
    const auto bare = [&] {
      producer.begin();
      for (int32_t p = 0; p < count; ++p) producer.send(topic.name, p, "{}", 1);
      producer.commit();
    };
    const auto [p50, p99, mean] = time_each(repeats, ours);
    const double bare_mean = time_each(repeats, bare).mean;
    fmt::print("  {:2} partitions: {:5.1f} a second, p50 {:.1f} ms, p99 {:.1f} ms; bare {:.1f} ms each: {:.2f} x\n",
               count, 1000 / mean, p50, p99, bare_mean, mean / bare_mean);
  }
}

}  // namespace

// `benchmark kafka [--broker HOST:PORT] [part]`: path, filter, transactions, latency, recovery; all of them where none
// is named. Without --broker one is started for it. A broker that is given must have none of the topics that it makes.
int benchmark_kafka(const std::vector<std::string>& arguments) {
  std::vector<std::string> parts = arguments;
  std::optional<testing::KafkaBroker> own;
  std::string brokers;
  if (const auto at = std::find(parts.begin(), parts.end(), "--broker"); at != parts.end() && at + 1 != parts.end()) {
    brokers = *(at + 1);
    parts.erase(at, at + 2);
  } else {
    own.emplace("log.roll.ms=604800000");  // tests need small segments, these do not
    brokers = own->address();
  }
  auto wanted = [&](std::string_view part) {
    return parts.empty() || std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  try {
    constexpr size_t rows = 1'000'000;
    const auto log = open_log(brokers);
    if (wanted("path") || wanted("filter"))
      load(*log, "rows", rows, {.partitions = partitions, .commit_rows = rows_per_transaction});
    if (wanted("path")) path(brokers, rows);
    if (wanted("filter")) filter(brokers, *log, rows);
    if (wanted("transactions")) transactions(brokers, *log);
    if (wanted("latency")) kafka_latency(brokers);
    if (wanted("recovery")) kafka_recovery(brokers);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace millrace::benchmark
