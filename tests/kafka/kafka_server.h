// A broker, a server, and another program beside it.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/kafka/kafka_fixture.h"
#include "tests/program/kafka_broker.h"
#include "tests/program/server_process.h"
#include "tests/program/sql_client.h"

namespace millrace::testing {

using namespace std::chrono_literals;
using Json = nlohmann::json;

// Whether it comes to hold in time.
inline bool eventually(std::chrono::seconds patience, const std::function<bool()>& holds) {
  for (const auto deadline = std::chrono::steady_clock::now() + patience; !holds();) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

// A record whose key is an INT as the format KAFKA writes it.
inline Row keyed(int64_t time, int32_t key, const std::string& value) {
  std::string bytes(4, '\0');
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(static_cast<uint32_t>(key) >> (24 - 8 * i));
  return {time, bytes, value};
}

class KafkaServer : public ::testing::Test {
 protected:
  KafkaServer() : KafkaServer(kafka_options()) {}
  explicit KafkaServer(const KafkaLogOptions& options)
      : log_(open_empty_kafka(options)),
        writer_(log_->open_writer("other")),
        server_(directory_.path() + "/data",
                {"kafka.bootstrap.servers=" + options.brokers, "log.level=warning", "commit.interval.ms=10"}) {
    server_.keep_errors(directory_.path() + "/errors");
  }

  void start() {
    server_.spawn();
    ASSERT_TRUE(server_.wait_ready(30s)) << server_.errors();
  }
  void restart() {
    server_.kill();
    server_.reap();
    start();
  }
  Json run(const std::string& sql, const Properties& properties = {}) {
    return execute_well(server_.url(), sql, properties);
  }
  std::vector<Json> rows(const std::string& sql) { return query(server_.url(), sql); }
  void write(TopicId topic, int32_t partition, const std::vector<Row>& rows) {
    const CommitResult result = append(*writer_, one_block(topic, partition, rows));
    ASSERT_EQ(result.outcome, CommitOutcome::committed) << result.reason;
  }
  // By id; its state as the REST API names it, and why it failed.
  std::map<std::string, std::pair<std::string, std::string>> queries() {
    std::map<std::string, std::pair<std::string, std::string>> all;
    const Json answer = run("SHOW QUERIES;");
    for (const Json& one : answer.at(0).at("queries")) all[one.at("id")] = {one.at("state"), one.value("error", "")};
    return all;
  }
  // Why the only query failed.
  std::string failure() {
    std::string why;
    EXPECT_TRUE(eventually(15s, [&] {
      const auto all = queries();
      why = all.begin()->second.second;
      return all.size() == 1 && all.begin()->second.first == "ERROR";
    })) << run("SHOW QUERIES;").dump();
    return why;
  }
  TemporaryDirectory directory_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<LogWriter> writer_;
  ServerProcess server_;
};

}  // namespace millrace::testing
