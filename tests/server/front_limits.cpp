// Each limit of the HTTP front: a clear answer for the one who passed it, and everybody else goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "server/http/front.h"
#include "tests/server/raw_client.h"
#include "tests/server/toy_routes.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class FrontLimitsTest : public testing::Test {
 protected:
  FrontLimitsTest() {
    settings.listen = "127.0.0.1:0";
    settings.header_bytes_max = 4096;
    settings.body_bytes_max = 1000;
    settings.header_timeout = 400ms;
    settings.body_timeout = 500ms;
    settings.idle_timeout = 600ms;
  }

  void start() {
    front = std::make_unique<HttpFront>(settings, toy_routes(toys));
    front->start();
  }

  // The answer must be this error, in the common shape, and the connection must end.
  void expect_error(std::string_view request, int status, int code, const std::string& message) {
    RawClient client(front->port());
    client.send(request);
    expect_error(client, status, code, message);
  }
  void expect_error(RawClient& client, int status, int code, const std::string& message) {
    ASSERT_TRUE(client.wait_for_end()) << client.received;
    EXPECT_THAT(client.received, StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
    EXPECT_THAT(client.received, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(client.received, HasSubstr("Connection: close\r\n"));
    const auto body = nlohmann::json::parse(client.received.substr(client.received.find("\r\n\r\n") + 4));
    EXPECT_EQ(body.at("@type"), "generic_error");
    EXPECT_EQ(body.at("error_code"), code);
    EXPECT_THAT(body.at("message").get<std::string>(), HasSubstr(message));
  }
  void expect_alive() {
    RawClient client(front->port());
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.wait_for("\r\n\r\nhello"));
  }

  Toys toys;
  HttpSettings settings;
  std::unique_ptr<HttpFront> front;
};

TEST_F(FrontLimitsTest, HeaderSize) {
  start();
  expect_error("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n", 431, 43100, "4096 bytes");
  expect_error("GET /" + std::string(5000, 'x'), 431, 43100, "4096 bytes");
  expect_alive();
}

TEST_F(FrontLimitsTest, BodySize) {
  start();
  expect_error("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413, 41300,
               "1000 bytes (http.body.bytes.max)");
  const std::string chunk = "200\r\n" + std::string(512, 'x') + "\r\n";
  expect_error("POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk, 413, 41300,
               "1000 bytes");
  expect_error("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, 40000, "");
}

// What is on its way counts; who gives up, or is answered, makes room.
TEST_F(FrontLimitsTest, SizeOfAllBodiesTogether) {
  settings.memory = std::make_shared<MemoryQuota>(1500);
  settings.body_timeout = 1min;
  start();
  const std::string request = "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n";
  auto slow = std::make_unique<RawClient>(front->port());
  slow->send(request + std::string(899, 'x'));
  while (front->request_bytes() < 899) std::this_thread::sleep_for(1ms);
  expect_error(request + std::string(900, 'x'), 503, 50300, "1500 bytes together (http.requests.bytes.max)");
  EXPECT_EQ(front->request_bytes(), 899U);
  expect_alive();
  slow->send("x");
  EXPECT_TRUE(slow->wait_for("900 bytes"));
  RawClient second(front->port());
  second.send(request + std::string(899, 'x'));
  while (front->request_bytes() < 899) std::this_thread::sleep_for(1ms);
  second.close();
  while (front->request_bytes() > 0) std::this_thread::sleep_for(1ms);
}

TEST_F(FrontLimitsTest, LargeBodyIsAnsweredWhileItIsBeingSent) {
  start();
  RawClient client(front->port());
  client.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(client.send(megabyte));
  client.end_sending();
  expect_error(client, 413, 41300, "1000 bytes");
}

TEST_F(FrontLimitsTest, LineOfAChunkAndTrailers) {
  start();
  const std::string head = "POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_error(head + "1;" + std::string(6000, 'x'), 431, 43100, "too long");
  expect_error(head + "0\r\nA: " + std::string(6000, 'x'), 431, 43100, "too long");
  expect_error(head + "zz\r\n", 400, 40000, "malformed request");
}

TEST_F(FrontLimitsTest, SlowHeader) {
  start();
  const auto begin = Clock::now();
  RawClient client(front->port());
  client.send("GET /hello HTTP/1.1\r\nHo");
  expect_error(client, 408, 40800, "400 ms");
  EXPECT_GE(Clock::now() - begin, 400ms);
  EXPECT_LT(Clock::now() - begin, 1500ms);
}

TEST_F(FrontLimitsTest, OneByteAtATimeGetsNoMoreTime) {
  start();
  RawClient client(front->port());
  const auto begin = Clock::now();
  std::thread sender([&] {
    for (const char c : std::string("GET /hello HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n")) {
      if (!client.send({&c, 1})) return;
      std::this_thread::sleep_for(50ms);
    }
  });
  EXPECT_TRUE(client.wait_for("HTTP/1.1 408 "));
  EXPECT_LT(Clock::now() - begin, 1500ms);
  expect_alive();
  sender.join();
}

TEST_F(FrontLimitsTest, SlowBody) {
  start();
  RawClient client(front->port());
  client.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
  expect_error(client, 408, 40800, "500 ms");
}

TEST_F(FrontLimitsTest, StreamedBodyMayTakeItsTime) {
  start();
  RawClient client(front->port());
  client.send("POST /acknowledge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::this_thread::sleep_for(900ms);
  client.send("3\r\nabc\r\n0\r\n\r\n");
  EXPECT_TRUE(client.wait_for("[abc]"));
  EXPECT_TRUE(client.wait_for("[end]"));
}

TEST_F(FrontLimitsTest, PatienceOfAClient) {
  start();
  RawClient client(front->port());
  client.send("POST /hold HTTP/1.1\r\nHost: a\r\nX-Request-Timeout: 1ms\r\nContent-Length: 3\r\n\r\nabc");
  ASSERT_TRUE(client.wait_for("within 1 ms")) << client.received;
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 504 "));
  EXPECT_THAT(client.received, HasSubstr("\"error_code\":50400,"));
  client.received.clear();
  client.send("GET /worker HTTP/1.1\r\nHost: a\r\nX-Request-Timeout: 10s\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.wait_for("\r\n\r\nhello")) << client.received;
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 200 "));
  toys.let_go();
  for (const std::string time : {"0", "-1", "soon", "1.5s", "99999999999999999999"})
    expect_error("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Timeout: " + time + "\r\n\r\n", 400,
                 40000, "X-Request-Timeout must be a time such as 500ms or 2s, not " + time);
}

TEST_F(FrontLimitsTest, IdleConnectionsAreClosed) {
  start();
  RawClient fresh(front->port());
  RawClient used(front->port());
  used.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(used.wait_for("hello"));
  EXPECT_TRUE(fresh.wait_for_end(2s));
  EXPECT_TRUE(used.wait_for_end(2s));
  EXPECT_THAT(fresh.received, IsEmpty());
  for (int i = 0; i < 1000 && front->connections() > 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(front->connections(), 0u);
}

TEST_F(FrontLimitsTest, NumberOfConnections) {
  settings.connections_max = 3;
  settings.idle_timeout = 1min;
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(front->port()));
    clients.back()->send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(clients.back()->wait_for("hello"));
  }
  expect_error("", 503, 50300, "3 (http.connections.max)");
  clients.pop_back();
  while (front->connections() > 2) std::this_thread::sleep_for(1ms);
  expect_alive();
}

TEST_F(FrontLimitsTest, TwoThousandIdleConnections) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &limit);
  settings.idle_timeout = 1min;
  start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2000; ++i) {
    clients.push_back(std::make_unique<RawClient>(front->port()));
    ASSERT_TRUE(clients.back()->connected()) << i;
    if (i % 2 == 0) clients.back()->send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  const auto begin = Clock::now();
  expect_alive();
  EXPECT_LT(Clock::now() - begin, 500ms);
  EXPECT_GE(front->connections(), 2000u);
  for (auto& client : clients) client.reset();
  for (int i = 0; i < 1000 && front->connections() > 0; ++i) std::this_thread::sleep_for(2ms);
  EXPECT_EQ(front->connections(), 0u);
}

TEST_F(FrontLimitsTest, MalformedRequests) {
  start();
  for (const std::string request :
       {"nonsense\r\n\r\n", "GET / HTTP/3.0\r\n\r\n", "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET /hello HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET /hello HTTP/1.1\r\n folded: a\r\n\r\n", "GET /a%2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x01\x01\x01\xfc\r\n\r\n"}) {
    SCOPED_TRACE(request);
    expect_error(request, 400, 40000, "malformed request");
  }
  expect_error("POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501, 50100, "chunked only");
  expect_alive();
}

TEST_F(FrontLimitsTest, HalfARequestThenClose) {
  start();
  { RawClient(front->port()).send("GET /hel"); }
  { RawClient(front->port()).send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123"); }
  RawClient half(front->port());
  half.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n123");
  half.end_sending();
  expect_error(half, 400, 40000, "ended early");
  expect_alive();
}

TEST_F(FrontLimitsTest, BrokenStreamedBodyEndsTheRequest) {
  start();
  RawClient client(front->port());
  client.send("POST /acknowledge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  ASSERT_TRUE(client.wait_for("[abc]"));
  client.send("not a size\r\n");
  EXPECT_TRUE(client.wait_for_end());
  EXPECT_EQ(client.received.find("0\r\n\r\n"), std::string::npos);
  expect_alive();
}

TEST_F(FrontLimitsTest, UnknownPathAndMethod) {
  start();
  RawClient client(front->port());
  client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.wait_for(
      R"({"@type":"generic_error","error_code":40400,"message":"there is nothing at /nowhere","code":"path_unknown"})"));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  client.received.clear();
  // The same connection goes on.
  client.send("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.wait_for("not DELETE"));
  EXPECT_THAT(client.received, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
  EXPECT_THAT(client.received, HasSubstr("Allow: GET, HEAD\r\n"));
  expect_error("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 404, 40400, "/nowhere");
}

}  // namespace
}  // namespace millrace
