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

constexpr size_t block_rows = 1000;
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

std::string create_rows(std::string_view name, std::string_view topic) {
  return fmt::format("CREATE STREAM {} ({}) WITH (kafka_topic = '{}', partitions = 1, value_format = 'JSON');", name,
                     columns, topic);
}

std::string create_table(std::string_view name, std::string_view topic) {
  return fmt::format(
      "CREATE TABLE {} (k STRING PRIMARY KEY, {}) WITH (kafka_topic = '{}', partitions = 1, value_format = 'JSON');",
      name, columns, topic);
}

void load(Log& log, const std::string& topic_name, size_t rows, size_t key_count) {
  const TopicDescription topic = log.create({.name = topic_name, .retention = {}});
  const auto writer = log.open_writer("load");
  std::mt19937_64 random(1);
  for (size_t row = 0; row < rows;) {
    RecordBlockBuilder builder(topic.id.value, 0);
    for (size_t i = 0; i < block_rows && row < rows; ++i, ++row) {
      const std::string key = key_count > 0 ? std::to_string(row % key_count) : std::string();
      builder.add(static_cast<int64_t>(row), key_count > 0 ? Bytes(key) : null_bytes(), make_row(random));
    }
    std::vector<RecordBlock> blocks;
    blocks.push_back(builder.build());
    std::promise<void> done;
    writer->commit(std::move(blocks), [&](const CommitResult&) { done.set_value(); });
    done.get_future().wait();
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
