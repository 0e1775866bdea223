// Three million real flights as a backlog: backlog_test FLIGHTS [--kafka] [QUERY…]
//
// FLIGHTS is what tests/backlog/flights prints. Feeds them, keyed by origin, to a topic of four partitions of an
// embedded log, or of a Kafka broker that is started for it; then every query, one after the other, reads them from the
// earliest offset on. Ends with 1 where a result is not what a plain loop over the flights gives.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <future>
#include <optional>
#include <unordered_map>

#include "connectors/embedded_log.h"
#include "connectors/kafka_log.h"
#include "runtime/partitioner.h"
#include "server/engine.h"
#include "tests/backlog/queries.h"
#include "tests/program/kafka_broker.h"
#include "tests/program/temporary_directory.h"

namespace millrace::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int32_t partitions = 4;
// The embedded log merges partitions by the order of commits: one of more than a day's rows would make rows late that
// its blocks put behind those of another partition.
constexpr size_t rows_per_commit = 2'000;
constexpr size_t read_bytes = 8 << 20;
constexpr auto patience = 600s;
constexpr std::string_view end_prefix = "END";

double cpu_seconds() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// One row in each partition, so late that every window before it has passed.
std::vector<Flight> ends_of(const Flight& last) {
  constexpr int64_t week = 7 * 24 * 3'600'000;
  std::vector<Flight> ends(partitions);
  for (int i = 0, missing = partitions; missing > 0; ++i) {
    const std::string key = fmt::format("{}{}", end_prefix, i);
    Flight& end = ends[static_cast<size_t>(partition_of(key, partitions))];
    if (!end.origin.empty()) continue;
    end = {last.time + week, key, "", 0, 0};
    --missing;
  }
  return ends;
}

class Backlog {
 public:
  Backlog(std::vector<Flight> flights, bool kafka) : flights_(std::move(flights)) {
    if (kafka) {
      broker_.emplace();
      KafkaLogOptions options;
      options.brokers = broker_->address();
      log_ = open_kafka_log(std::move(options));
    } else {
      EmbeddedLogOptions options;
      options.directory = directory_.path();
      options.sync = LogSync::never;
      log_ = open_embedded_log(options);
    }
  }

  bool run(const std::vector<std::string>& wanted) {
    feed();
    EngineOptions options;
    options.offset_reset = "earliest";
    engine_ = Engine::open(options, log_);
    bool well = execute(create_flights());
    for (const BacklogQuery& query : backlog_queries())
      if (wanted.empty() || std::ranges::count(wanted, query.name) > 0) well = check(query) && well;
    return well;
  }

 private:
  void feed() {
    const TopicDescription topic = log_->create({.name = "flights", .partitions = partitions, .retention = {}});
    const auto writer = log_->open_writer("feed");
    std::vector<RecordBlockBuilder> builders;
    for (int32_t p = 0; p < partitions; ++p) builders.emplace_back(topic.id.value, p);
    size_t rows = 0;
    const auto commit = [&] {
      std::vector<RecordBlock> blocks;
      for (auto& builder : builders) blocks.push_back(builder.build());
      std::promise<CommitResult> done;
      writer->commit(std::move(blocks), [&](CommitResult result) { done.set_value(std::move(result)); });
      const CommitResult result = done.get_future().get();
      if (result.outcome != CommitOutcome::committed) throw std::runtime_error("feeding: " + result.reason);
      rows = 0;
    };
    const auto add = [&](const Flight& flight) {
      builders[static_cast<size_t>(partition_of(flight.origin, partitions))].add(flight.time, flight.origin,
                                                                                 flight_value(flight));
      if (++rows == rows_per_commit) commit();
    };
    for (const Flight& flight : flights_) add(flight);
    for (const Flight& end : ends_of(flights_.back())) add(end);
    commit();
  }

  bool execute(const std::string& statement) {
    const auto execution = engine_->execute(session_, statement);
    if (execution.failure) fmt::print("{}: {}\n", statement, execution.failure->error.message());
    return !execution.failure;
  }

  bool check(const BacklogQuery& query) {
    const Digest expected = query.expected(flights_);
    const double cpu = cpu_seconds();
    const auto begin = Clock::now();
    if (!execute(query.statement)) return false;
    if (!engine_->settle(patience)) {
      fmt::print("{}: failed, or did not come to its end\n", query.name);
      execute("TERMINATE ALL;");
      return false;
    }
    const double took = cpu_seconds() - cpu;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    execute("TERMINATE ALL;");
    size_t repeated = 0;
    const Digest got = result_of(query, repeated);
    const bool well = got == expected && expected.rows == query.known && !(query.final && repeated > 0);
    fmt::print("{:9} {} rows{}, {:.2f} s of CPU{}, {:.1f} s\n", query.name, got.rows,
               well ? ", as expected"
                    : fmt::format(": WRONG, expected {} (known: {}), {} keys came again", expected.rows, query.known,
                                  repeated),
               took, query.cpu_aim > 0 ? fmt::format(" (aim {})", query.cpu_aim) : "", seconds);
    return well;
  }

  Digest result_of(const BacklogQuery& query, size_t& repeated) {
    Digest digest;
    std::unordered_map<std::string, std::string> last;
    each_record(query.topic, [&](Bytes key, Bytes value) {
      if (is_null(value) || key.starts_with(end_prefix)) return;
      if (!query.table) return digest.add(query.row(key, value));
      const auto [at, added] = last.insert_or_assign(std::string(key), std::string(value));
      if (!added) ++repeated;
    });
    for (const auto& [key, value] : last) digest.add(query.row(key, value));
    return digest;
  }

  template <class F>
  void each_record(const std::string& topic, F&& each) {
    const auto description = log_->describe(topic);
    if (!description) throw std::runtime_error("there is no topic " + topic);
    for (int32_t p = 0; p < description->partitions; ++p) {
      const Offsets offsets = log_->offsets(description->id, p);
      const auto reader = log_->open_reader({Position{description->id, p, offsets.first}});
      for (int64_t next = offsets.first; next < offsets.end;) {
        const auto runs = reader->read(read_bytes, Clock::now() + 30s);
        if (runs.empty()) throw std::runtime_error("the log does not give the records of " + topic);
        for (const RecordRun& run : runs) {
          for (size_t i = run.begin; i < run.end; ++i) each(run.block->keys[i], run.block->values[i]);
          next = run.last_offset() + 1;
        }
      }
    }
  }

  std::vector<Flight> flights_;
  TemporaryDirectory directory_;
  std::optional<KafkaBroker> broker_;
  std::shared_ptr<Log> log_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

}  // namespace
}  // namespace millrace::testing

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  bool kafka = false;
  std::string flights;
  std::vector<std::string> wanted;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--kafka") == 0) {
      kafka = true;
    } else if (flights.empty()) {
      flights = words[i];
    } else {
      wanted.emplace_back(words[i]);
    }
  }
  if (flights.empty()) {
    fmt::print(stderr, "backlog_test FLIGHTS [--kafka] [QUERY...]\n");
    return 2;
  }
  try {
    return millrace::testing::Backlog(millrace::testing::read_flights(flights), kafka).run(wanted) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
