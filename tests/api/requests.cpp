// Many requests at once, and clients that do not wait for the answer.
#include <fmt/format.h>
#include <sys/resource.h>

#include <thread>

#include "tests/api/api_fixture.h"
#include "tests/server/raw_client.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using namespace std::chrono_literals;

class Requests : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    execute_well(
        "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON');"
        "CREATE TABLE t AS SELECT k, SUM(n) AS n FROM s GROUP BY k;");
  }
  uint16_t port() { return static_cast<uint16_t>(std::stoi(url().port)); }
  // On the wire; the answer carries `id`.
  static std::string post(const std::string& path, const std::string& body, const std::string& id = "x") {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: {}\r\nContent-Length: {}\r\n\r\n{}", path,
        id, body.size(), body);
  }
  bool wait_rows(const std::string& sql, size_t count) {
    for (int i = 0; i < 400; ++i, std::this_thread::sleep_for(25ms))
      if (rows(sql).size() == count) return true;
    return false;
  }
};

TEST_F(Requests, AThousandAtOnceGetEachItsOwnAnswer) {
  constexpr int count = 1000;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  setrlimit(RLIMIT_NOFILE, &limit);
  std::string lines;
  for (int i = 0; i < count; ++i) lines += fmt::format("{{\"k\":\"key{}\",\"n\":{}}}\n", i, 100'000 + i);
  ASSERT_EQ(post_records("s", lines).body["committed"], count);
  ASSERT_TRUE(wait_rows("SELECT k FROM t;", count));

  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < count; ++i) clients.push_back(std::make_unique<RawClient>(port()));
  // Look-ups, statements that are refused, and rows.
  for (int i = 0; i < count; ++i) {
    const std::string id = fmt::format("request-{}", i);
    const std::string look_up = fmt::format(R"({{"sql":"SELECT n FROM t WHERE k = 'key{}';"}})", i);
    const std::string refused = fmt::format(R"({{"ksql":"DROP STREAM nothing_{};"}})", i);
    const std::string row = fmt::format(R"([{{"k":"more","n":1}},{{"no_{}":1}}])", i);
    clients[static_cast<size_t>(i)]->send(i % 3 == 0   ? post("/query-stream", look_up, id)
                                          : i % 3 == 1 ? post("/ksql", refused, id)
                                                       : post("/v1/streams/s/records", row, id));
  }
  for (int i = 0; i < count; ++i) {
    RawClient& client = *clients[static_cast<size_t>(i)];
    ASSERT_TRUE(client.wait_for_end(60s)) << i;
    EXPECT_THAT(client.received, HasSubstr(fmt::format("X-Request-Id: request-{}\r\n", i)));
    const std::string own = i % 3 == 0   ? fmt::format("[{}]", 100'000 + i)
                            : i % 3 == 1 ? fmt::format("NOTHING_{} ", i)
                                         : fmt::format("\"committed\":1,\"rejected\":[{{\"index\":1,", i);
    EXPECT_THAT(client.received, HasSubstr(own)) << i;
    if (i % 3 == 2) {
      EXPECT_THAT(client.received, HasSubstr(fmt::format("no_{}", i)));
    }
  }
  EXPECT_TRUE(wait_rows("SELECT k FROM s WHERE k = 'more';", count / 3));
}

// A client whose patience has ended goes; what it said is done all the same.
TEST_F(Requests, AreCarriedOutThoughTheirClientIsGone) {
  for (int i = 0; i < 20; ++i) {
    RawClient(port()).send(post("/v1/streams/s/records", fmt::format(R"({{"k":"gone","n":{}}})", i)));
    RawClient(port()).send(post("/ksql", fmt::format(R"({{"ksql":"CREATE STREAM made_{} AS SELECT * FROM s;"}})", i)));
  }
  EXPECT_TRUE(wait_rows("SELECT n FROM s WHERE k = 'gone';", 20));
  for (int i = 0; i < 20; ++i) {
    int status = 0;
    for (int again = 0; again < 200 && status != 200; ++again, std::this_thread::sleep_for(25ms))
      status = execute(url(), fmt::format("DESCRIBE made_{};", i)).status;
    EXPECT_EQ(status, 200) << i;
  }
}

TEST_F(Requests, AreCarriedOutThoughTheirTimeIsOver) {
  const std::string body = Json{{"ksql",
                                 "ASSERT TOPIC later TIMEOUT 10 SECONDS;"
                                 "CREATE STREAM behind (v INT) WITH (kafka_topic = 'later', value_format = 'JSON');"}}
                               .dump();
  RawClient client(port());
  client.send(fmt::format(
      "POST /ksql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Timeout: 1ms\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body));
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, HasSubstr("HTTP/1.1 504 "));
  EXPECT_THAT(client.received, HasSubstr("timed out: there was no answer within 1 ms (X-Request-Timeout)"));
  EXPECT_EQ(execute(url(), "DESCRIBE behind;").status, 400);
  execute_well("CREATE STREAM later (v INT) WITH (kafka_topic = 'later', partitions = 1, value_format = 'JSON');");
  int status = 0;
  for (int again = 0; again < 200 && status != 200; ++again, std::this_thread::sleep_for(25ms))
    status = execute(url(), "DESCRIBE behind;").status;
  EXPECT_EQ(status, 200);
}

}  // namespace
}  // namespace millrace::testing
