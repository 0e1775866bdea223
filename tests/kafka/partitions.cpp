// A topic that gets further partitions while a query reads it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>

#include "connectors/kafka/kafka_handle.h"
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

// Of the query that copies the stream: it failed, says why, and wrote each row once.
void expect_failed(const shell::ServerUrl& url) {
  const Json query = queries(url).at(0);
  EXPECT_EQ(query.at("state"), "ERROR");
  EXPECT_EQ(query.value("error", ""),
            "topic grows has 4 partitions now, the query was made when it had 2: terminate it, drop GROWS and create "
            "both anew");
  EXPECT_EQ(testing::query(url, "SELECT n FROM copied;").size(), 3u);
}

}  // namespace

// Neither are rows of the new partitions left out in silence, nor does a start read the old ones from another place.
TEST(KafkaPartitions, QueryWhoseTopicGrowsFails) {
  const TemporaryDirectory directory;
  const auto log = open_empty_kafka();
  ServerProcess server(directory.path() + "/data", {"kafka.bootstrap.servers=" + broker_address(), "log.level=off"});
  const auto start = [&] {
    server.spawn();
    ASSERT_TRUE(server.wait_ready(30s));
  };
  const auto eventually = [](const std::function<bool()>& holds) {
    for (int i = 0; i < 200 && !holds(); ++i) std::this_thread::sleep_for(50ms);
  };
  start();
  const std::string grows = "CREATE STREAM grows (n INT) WITH (kafka_topic = 'grows', value_format = 'JSON'";
  const std::string copied = "CREATE STREAM copied AS SELECT * FROM grows;";
  execute_well(server.url(), grows + ", partitions = 2);");
  execute_well(server.url(), copied, from_earliest);
  for (int n = 0; n < 3; ++n) execute_well(server.url(), fmt::format("INSERT INTO grows VALUES ({});", n));
  eventually([&] { return query(server.url(), "SELECT n FROM copied;").size() == 3; });
  add_partitions("grows", 4);
  eventually([&] { return queries(server.url()).at(0).at("state") != "RUNNING"; });
  expect_failed(server.url());
  server.terminate();
  ASSERT_EQ(server.reap(), 0);
  start();
  expect_failed(server.url());
  const std::string id = queries(server.url()).at(0).at("id");
  execute_well(server.url(), fmt::format("RESUME {};", id));
  std::this_thread::sleep_for(500ms);
  expect_failed(server.url());
  // What the message says to do.
  execute_well(server.url(), "DROP STREAM copied DELETE TOPIC;");
  execute_well(server.url(), "DROP STREAM grows;");
  execute_well(server.url(), grows + ");");
  execute_well(server.url(), copied, from_earliest);
  for (int n = 3; n < 20; ++n) execute_well(server.url(), fmt::format("INSERT INTO grows VALUES ({});", n));
  eventually([&] { return query(server.url(), "SELECT n FROM copied;").size() == 20; });
  std::set<int> seen;
  for (const Json& row : query(server.url(), "SELECT n FROM copied;"))
    EXPECT_TRUE(seen.insert(row.at(0).get<int>()).second);
  EXPECT_EQ(seen.size(), 20u);
}

}  // namespace millrace::testing
