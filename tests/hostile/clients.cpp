// Clients that hold on to what they were given, or do not say what they began to say.
#include <fmt/format.h>
#include <sys/resource.h>

#include <thread>

#include "tests/hostile/hostile_fixture.h"

namespace millrace::testing {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr size_t megabyte = 1 << 20;

std::string chunk(const std::string& bytes) { return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }

const std::string inserts_head = "POST /inserts-stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                 chunk("{\"target\":\"notes\"}\n");

TEST_F(HostileTest, HalfARequest) {
  const std::string whole = http_post("/ksql", request_of("SHOW STREAMS;"));
  const std::string streamed = inserts_head + "40\r\n{\"ID\":1,\"NO";
  for (int round = 0; round < 5; ++round) {
    for (const std::string& request : {whole, streamed}) {
      for (size_t end = 0; end < request.size(); end += 7) {
        RawClient client(port());
        client.send(std::string_view(request).substr(0, end));
        if (end % 2 == 0) client.end_sending();
        client.close();
      }
    }
  }
  // The one who only stops to talk is told.
  RawClient client(port());
  client.send(whole.substr(0, whole.size() - 5));
  client.end_sending();
  EXPECT_TRUE(client.wait_for_end());
  expect_error(answer_on_wire(client.received), 400, 40000, "", "ended early");
}

TEST_F(HostileTest, OneByteAtATime) {
  RawClient header(port());
  RawClient body(port());
  body.send("POST /ksql HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  std::atomic<bool> enough = false;
  std::thread sender([&] {
    while (!enough) {
      header.send("G");
      body.send("{");
      std::this_thread::sleep_for(200ms);
    }
  });
  EXPECT_TRUE(header.wait_for_end(10s));
  EXPECT_TRUE(body.wait_for_end(10s));
  enough = true;
  sender.join();
  // "GGGG…" is no method, but that shows at the end of the line only.
  expect_error(answer_on_wire(header.received), 408, 40800, "", "1000 ms");
  expect_error(answer_on_wire(body.received), 408, 40800, "", "1500 ms");
}

TEST_F(HostileTest, IdleConnections) {
  size_t count = 2000;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  // The server raises its own limit in the same way.
  if (limit.rlim_cur < count + 200) {
    count = limit.rlim_cur - 200;
    std::printf("RLIMIT_NOFILE is %zu: only %zu idle connections\n", static_cast<size_t>(limit.rlim_cur), count);
  }
  const size_t resident = server().resident_bytes();
  const size_t descriptors = server().open_descriptors();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ASSERT_TRUE(clients.back()->connected()) << i;
    // Half of them have asked before.
    if (i % 2 == 0) clients.back()->send("GET /info HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (size_t i = 0; i < count; i += 2) ASSERT_TRUE(clients[i]->wait_for("KsqlServerInfo")) << i;
  expect_rows_pass();
  std::printf("%zu idle connections: %zu bytes each\n", count, (server().resident_bytes() - resident) / count);
  EXPECT_LE(server().resident_bytes(), resident + 100 * megabyte);
  clients.clear();
  const auto deadline = Clock::now() + 10s;
  while (server().open_descriptors() > descriptors + 20 && Clock::now() < deadline) std::this_thread::sleep_for(20ms);
  EXPECT_LE(server().open_descriptors(), descriptors + 20);
}

TEST_F(HostileTest, Expect100Continue) {
  const std::string body = request_of("SHOW STREAMS;");
  RawClient client(port());
  client.send(
      fmt::format("POST /ksql HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
                  "Content-Length: {}\r\n\r\n",
                  body.size()));
  ASSERT_TRUE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send(body);
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_NE(client.received.find("HTTP/1.1 200 OK"), std::string::npos) << client.received;
  // What is too large is refused before it is sent.
  RawClient large(port());
  large.send("POST /ksql HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n");
  ASSERT_TRUE(large.wait_for_end());
  expect_error(answer_on_wire(large.received), 413, 41300, "", "http.body.bytes.max");
  expect_error(raw(http_post("/ksql", body, "Expect: a-miracle\r\n")), 417, 41700, "");
}

TEST_F(HostileTest, NotHttp) {
  expect_error(raw(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello TLS\r\n\r\n", 25)), 400, 40000, "");
  expect_error(raw(std::string(100'000, 'x')), 431, 43100, "");
  expect_error(
      raw("POST /ksql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
      40000, "");
  expect_error(raw("GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 404, 40400, "");
  expect_error(raw("GET /ksql HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), 405, 40500, "");
}

// Thousands of requests in one go, whose answers nobody reads.
TEST_F(HostileTest, PipelinedRequestsThatNobodyReads) {
  RawClient client(port());
  const size_t resident = server().resident_bytes();
  std::thread sender([&] {
    const std::string request = "GET /info HTTP/1.1\r\nHost: a\r\n\r\n";
    for (int i = 0; i < 500'000 && client.send(request); ++i) continue;
  });
  std::this_thread::sleep_for(3s);
  expect_rows_pass();
  EXPECT_LE(server().resident_bytes(), resident + 100 * megabyte);
  client.shut();
  sender.join();
}

// The query waits for its client, and for nobody else.
TEST_F(HostileTest, SubscriberThatNeverReads) {
  const std::string request =
      R"({"sql":"SELECT * FROM notes EMIT CHANGES;","properties":{"auto.offset.reset":"earliest"}})";
  RawClient sleeper(port());
  sleeper.send(http_post("/query-stream", request));
  ASSERT_TRUE(sleeper.wait_for("columnNames"));
  shell::HttpExchange reader(server().url());
  reader.send("POST", "/query-stream", "application/vnd.ksqlapi.delimited.v1", request);

  constexpr int64_t rows = 200'000;  // some 100 MB of answers
  const std::string note(500, 'n');
  const size_t resident = server().resident_bytes();
  std::thread writer([&] {
    for (int64_t first = 0; first < rows; first += 10'000) {
      std::string lines;
      for (int64_t i = 0; i < 10'000; ++i) lines += fmt::format("{{\"ID\":{},\"NOTE\":\"{}\"}}\n", first + i, note);
      for (const Json& answer : insert(lines)) ASSERT_EQ(answer.value("status", ""), "ok") << answer;
    }
  });
  int64_t read = -1;  // but for the header
  const auto deadline = Clock::now() + 60s;
  size_t most = 0;
  for (std::string bytes; read < rows && Clock::now() < deadline; bytes.clear()) {
    reader.read(bytes, 100ms);
    read += std::count(bytes.begin(), bytes.end(), '\n');
    most = std::max(most, server().resident_bytes());
  }
  writer.join();
  EXPECT_EQ(read, rows);
  std::printf("a subscriber that never reads, %ld rows: at most %zu MB above\n", rows, (most - resident) / megabyte);
  EXPECT_LE(most, resident + 300 * megabyte);
  EXPECT_TRUE(wait_seen(rows - 1));
}

// Rows without end, whose acknowledgements nobody reads: the server stops to take rows.
TEST_F(HostileTest, InsertsThatNobodyHearsOf) {
  RawClient client(port());
  ASSERT_TRUE(client.send(inserts_head));
  const size_t resident = server().resident_bytes();
  std::atomic<int64_t> sent = 0;
  std::thread sender([&] {
    std::string lines;
    for (int64_t i = 0; i < 1000; ++i) lines += fmt::format("{{\"ID\":{}}}\n", i);
    const std::string piece = chunk(lines);
    while (sent < 20'000'000 && client.send(piece)) sent += 1000;
  });
  size_t most = 0;
  int64_t before = -1;
  // Until nothing moves any more.
  for (const auto deadline = Clock::now() + 20s; Clock::now() < deadline && before != sent;) {
    before = sent;
    std::this_thread::sleep_for(1500ms);
    most = std::max(most, server().resident_bytes());
  }
  std::printf("inserts that nobody hears of: %ld rows taken, at most %zu MB above\n", sent.load(),
              (std::max(most, resident) - resident) / megabyte);
  EXPECT_EQ(before, sent) << "it takes rows for ever";
  EXPECT_LT(sent, 1'500'000);
  EXPECT_LE(most, resident + 150 * megabyte);
  expect_rows_pass();
  client.shut();
  sender.join();
}

// An insert stream may stay open, with its rows coming now and then: it is alive, not idle.
TEST_F(HostileTest, InsertsThatNeverEnd) {
  RawClient client(port());
  ASSERT_TRUE(client.send(inserts_head));
  for (int64_t id = 0; id < 5; ++id) {
    ASSERT_TRUE(client.send(chunk(fmt::format("{{\"ID\":{}}}\n", 500 + id))));
    ASSERT_TRUE(client.wait_for(fmt::format("{{\"status\":\"ok\",\"seq\":{}}}", id)));
    std::this_thread::sleep_for(800ms);
  }
  EXPECT_TRUE(wait_seen(504));
}

}  // namespace
}  // namespace millrace::testing
