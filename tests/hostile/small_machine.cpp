// One processor and 512 MB: what is too much is refused, and the server goes on. The bound on memory is watched, not
// enforced: control groups need rights that tests do not have.
#include <fmt/format.h>
#include <sched.h>

#include <thread>

#include "tests/hostile/hostile_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr size_t megabyte = 1 << 20;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t resident_max = 2048 * megabyte;
#else
constexpr size_t resident_max = 512 * megabyte;
#endif

class SmallMachine : public HostileTest {
 protected:
  SmallMachine() {
    growth_max = resident_max;  // the peak is what counts
    for (const char* setting :
         {"engine.threads=1", "http.worker.threads=2", "http.connections.max=200", "http.body.timeout.ms=60000",
          "http.write.timeout.ms=60000", "http.requests.bytes.max=33554432", "state.bytes.max=33554432",
          "result.rows.max=1000", "live.buffer.bytes=1048576", "live.bytes.max=33554432"})
      settings.emplace_back(setting);
  }
  void SetUp() override {
    // The server inherits it.
    cpu_set_t all, one;
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
      if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    HostileTest::SetUp();
    sched_setaffinity(0, sizeof all, &all);
  }
  void TearDown() override {
    const size_t peak = server().peak_resident_bytes();
    std::printf("at most %zu MB\n", peak / megabyte);
    EXPECT_LE(peak, resident_max);
    HostileTest::TearDown();
  }
  // Rows whose notes are all different, of a kilobyte.
  std::string lines(int64_t first, int64_t count) const {
    std::string all;
    for (int64_t i = first; i < first + count; ++i)
      all += fmt::format("{{\"ID\":{},\"NOTE\":\"{:08}{}\"}}\n", i, i, std::string(1000, 'n'));
    return all;
  }
};

// Sixty bodies of four megabytes that do not end: a few are waited for, the others told.
TEST_F(SmallMachine, BodiesThatDoNotEnd) {
  constexpr size_t bytes = 4 * megabyte;
  const std::string head = fmt::format("POST /ksql HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", bytes);
  std::vector<std::unique_ptr<RawClient>> clients;
  const std::string most(bytes - 1, ' ');
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->send(head);
    clients.back()->send(most);
    if (!clients.back()->wait_for("http.requests.bytes.max", 200ms)) continue;
    ++refused;
    EXPECT_THAT(clients.back()->received, HasSubstr("HTTP/1.1 503 "));
    EXPECT_THAT(clients.back()->received, HasSubstr("Retry-After: 1\r\n"));
  }
  EXPECT_GE(refused, 40);
  EXPECT_LT(refused, 60);
}

// Rows without an end of line on many insert streams.
TEST_F(SmallMachine, RowsThatDoNotEnd) {
  const std::string head = "POST /inserts-stream HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n";
  const std::string row = "{\"target\":\"notes\"}\n{\"ID\":1,\"NOTE\":\"" + std::string(4 * megabyte, 'n');
  std::vector<std::unique_ptr<RawClient>> clients;
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    clients.back()->send(head);
    clients.back()->send(row);
    refused += clients.back()->wait_for("http.requests.bytes.max", 200ms);
  }
  EXPECT_GE(refused, 20);
  EXPECT_LT(refused, 40);
}

// Everything at once: rows by many streams, state that grows, subscribers that do not read, too many connections.
TEST_F(SmallMachine, RowsStateSubscribersAndConnections) {
  execute_well(server().url(), "CREATE TABLE grown AS SELECT note, COUNT(*) AS n FROM notes GROUP BY note;");
  std::vector<std::unique_ptr<RawClient>> sleepers;
  for (int i = 0; i < 20; ++i) {
    sleepers.push_back(std::make_unique<RawClient>(port()));
    sleepers.back()->send(http_post("/query-stream", R"({"sql":"SELECT * FROM notes EMIT CHANGES;"})"));
    ASSERT_TRUE(sleepers.back()->wait_for("columnNames"));
  }
  std::vector<std::thread> writers;
  std::atomic<int64_t> taken = 0;
  for (int64_t w = 0; w < 3; ++w) {
    writers.emplace_back([this, w, &taken] {
      for (int64_t i = 0; i < 20; ++i)
        for (const Json& answer : insert(lines((w * 20 + i) * 1000, 1000))) taken += answer.value("status", "") == "ok";
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(taken, 60'000);

  std::string shown;
  for (int i = 0; i < 400 && shown.find("state.bytes.max") == std::string::npos; ++i, std::this_thread::sleep_for(50ms))
    shown = execute_well(server().url(), "SHOW QUERIES;").dump();
  EXPECT_THAT(shown, HasSubstr("more than state.bytes.max (33554432)"));
  EXPECT_TRUE(wait_seen(59'999, 60s)) << "the other query goes on";

  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 200; ++i) idle.push_back(std::make_unique<RawClient>(port()));
  EXPECT_TRUE(idle.back()->wait_for("http.connections.max"));
}

}  // namespace
}  // namespace millrace::testing
