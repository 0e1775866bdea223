// A topic that gets further partitions while queries read it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <future>
#include <set>
#include <thread>

#include "connectors/kafka/kafka_handle.h"
#include "runtime/partitioner.h"
#include "tests/kafka/kafka_fixture.h"
#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {

using namespace std::chrono_literals;
using Json = nlohmann::json;

namespace {

using NewPartitionsPtr = std::unique_ptr<rd_kafka_NewPartitions_t, KafkaDeleter<rd_kafka_NewPartitions_destroy>>;

void add_partitions(const std::string& topic, size_t total) {
  KafkaHandle client(RD_KAFKA_PRODUCER, kafka_options(), {}, {});
  std::array<char, 512> why{};
  const NewPartitionsPtr wanted(rd_kafka_NewPartitions_new(topic.c_str(), total, why.data(), why.size()));
  EXPECT_TRUE(wanted) << why.data();
  const KafkaQueuePtr queue(rd_kafka_queue_new(client));
  rd_kafka_NewPartitions_t* all[] = {wanted.get()};
  rd_kafka_CreatePartitions(client, all, 1, nullptr, queue.get());
  const KafkaEventPtr event(rd_kafka_queue_poll(queue.get(), 10'000));
  ASSERT_TRUE(event != nullptr);
  ASSERT_EQ(rd_kafka_event_error(event.get()), RD_KAFKA_RESP_ERR_NO_ERROR);
}

std::vector<Json> queries(const shell::ServerUrl& url) {
  return execute_well(url, "SHOW QUERIES;").at(0).at("queries").get<std::vector<Json>>();
}

void eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 200 && !holds(); ++i) std::this_thread::sleep_for(50ms);
}

// A record straight into a partition, as other programs write it.
void write(Log& log, LogWriter& writer, int32_t partition, int n) {
  const TopicId topic = log.describe("grows")->id;
  RecordBlockBuilder block(topic.value, partition);
  block.add(1'000 * n, std::to_string(n % 5), fmt::format(R"({{"N":{}}})", n));
  std::vector<RecordBlock> blocks;
  blocks.push_back(block.build());
  std::promise<CommitResult> done;
  writer.append(std::move(blocks), [&](CommitResult result) { done.set_value(std::move(result)); });
  ASSERT_EQ(done.get_future().get().outcome, CommitOutcome::committed);
}

}  // namespace

// What is in the new partitions is read from their beginning, once, whether the server runs, starts again, or was away
// when they came; an aggregate goes on with the state that it has.
TEST(KafkaPartitions, NewOnesAreReadByRunningQueries) {
  const TemporaryDirectory directory;
  const auto log = open_empty_kafka();
  const auto writer = log->open_writer("others");
  ServerProcess server(directory.path() + "/data", {"kafka.bootstrap.servers=" + broker_address(), "log.level=off"});
  const auto start = [&] {
    server.spawn();
    ASSERT_TRUE(server.wait_ready(30s));
  };
  const auto copied = [&] { return query(server.url(), "SELECT n FROM copied;"); };
  int written = 0;
  const auto write_to = [&](int32_t partitions) {
    for (int i = 0; i < 10; ++i, ++written) write(*log, *writer, i % partitions, written);
  };
  const auto expect_all = [&] {
    eventually([&] { return copied().size() >= static_cast<size_t>(written); });
    std::multiset<int> seen, wanted;
    for (const Json& row : copied()) seen.insert(row.at(0).get<int>());
    for (int n = 0; n < written; ++n) wanted.insert(n);
    EXPECT_EQ(seen, wanted);
    int64_t counted = 0;
    for (const Json& row : query(server.url(), "SELECT n FROM counts;")) counted += row.at(0).get<int64_t>();
    EXPECT_EQ(counted, written);
    for (const Json& each : queries(server.url())) EXPECT_EQ(each.at("state"), "RUNNING") << each.value("error", "");
  };
  start();
  execute_well(server.url(),
               "CREATE STREAM grows (k STRING KEY, n INT) WITH (kafka_topic = 'grows', value_format = 'JSON', "
               "partitions = 2);");
  execute_well(server.url(), "CREATE STREAM copied AS SELECT k, n FROM grows;", from_earliest);
  execute_well(server.url(), "CREATE TABLE counts AS SELECT k, COUNT(*) AS n FROM grows GROUP BY k;", from_earliest);
  write_to(2);
  expect_all();
  add_partitions("grows", 4);
  eventually([&] { return log->describe("grows")->partitions == 4; });
  write_to(4);
  expect_all();
  server.terminate();
  ASSERT_EQ(server.reap(), 0);
  add_partitions("grows", 5);
  eventually([&] { return log->describe("grows")->partitions == 5; });
  write_to(5);
  start();
  expect_all();
  server.kill();
  start();
  write_to(5);
  expect_all();
  // A key's row goes where other programs put it: by the number of partitions that there is now.
  for (int i = 0; i < 10; ++i, ++written)
    execute_well(server.url(), fmt::format("INSERT INTO grows (k, n) VALUES ('{}', {});", i, written));
  expect_all();
  const int64_t before = log->offsets(log->describe("grows")->id, partition_of("x", 5)).end;
  execute_well(server.url(), fmt::format("INSERT INTO grows (k, n) VALUES ('x', {});", written++));
  EXPECT_GT(log->offsets(log->describe("grows")->id, partition_of("x", 5)).end, before);
  expect_all();
}

}  // namespace millrace::testing
