#include "tests/benchmark/engine_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <future>

#include "tests/benchmark/benchmark.h"
#include "tests/benchmark/rows.h"

namespace millrace::benchmark {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view columns =
    "id BIGINT, airport STRING, delay INT, fare DOUBLE, carrier STRING, cancelled BOOLEAN, departed BIGINT, remark "
    "STRING";

}  // namespace

Engine::Execution must(Engine& engine, Session& session, std::string_view sql) {
  auto execution = engine.execute(session, sql);
  if (execution.failure) {
    fmt::print(stderr, "{}: {}\n", sql, execution.failure->error.message());
    std::exit(1);
  }
  return execution;
}

EngineOptions options(const std::string& service) {
  EngineOptions out;
  out.service_id = service;
  out.offset_reset = "earliest";
  return out;
}

std::string create_rows(std::string_view name, std::string_view topic, int32_t partitions) {
  return fmt::format("CREATE STREAM {} ({}) WITH (kafka_topic = '{}', partitions = {}, value_format = 'JSON');", name,
                     columns, topic, partitions);
}

std::string create_table(std::string_view name, std::string_view topic) {
  return fmt::format(
      "CREATE TABLE {} (k STRING PRIMARY KEY, {}) WITH (kafka_topic = '{}', partitions = 1, value_format = 'JSON');",
      name, columns, topic);
}

void load(Log& log, const std::string& topic_name, size_t rows, const LoadShape& shape) {
  const TopicDescription topic = log.create({.name = topic_name, .partitions = shape.partitions, .retention = {}});
  const auto writer = log.open_writer("load");
  std::mt19937_64 random(1);
  std::vector<RecordBlockBuilder> builders;
  for (int32_t p = 0; p < shape.partitions; ++p) builders.emplace_back(topic.id.value, p);
  for (size_t row = 0; row < rows;) {
    for (size_t i = 0; i < shape.commit_rows && row < rows; ++i, ++row) {
      const std::string key = shape.keys > 0 ? std::to_string(row % shape.keys) : std::string();
      builders[row % builders.size()].add(static_cast<int64_t>(row), shape.keys > 0 ? Bytes(key) : null_bytes(),
                                          make_row(random));
    }
    std::vector<RecordBlock> blocks;
    for (auto& builder : builders) blocks.push_back(builder.build());
    std::promise<CommitResult> done;
    writer->commit(std::move(blocks), [&](CommitResult result) { done.set_value(std::move(result)); });
    if (done.get_future().get().outcome != CommitOutcome::committed) std::exit(1);
  }
}

double run_queries(const std::shared_ptr<Log>& log, const std::string& service, const std::vector<std::string>& sources,
                   const std::vector<std::string>& queries, size_t rows) {
  const auto engine = Engine::open(options(service), log);
  Session session;
  for (const std::string& source : sources) must(*engine, session, source);
  const Stopwatch watch;
  for (const std::string& query : queries) must(*engine, session, query);
  if (!engine->settle(600s)) std::exit(1);
  return watch.stop(static_cast<int64_t>(rows)).cpu_ns;
}

}  // namespace millrace::benchmark
