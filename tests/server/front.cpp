// What the HTTP front does with requests that go right.
#include "server/http/front.h"
#include "server/status_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/server/raw_client.h"
#include "tests/server/toy_routes.h"

namespace millrace {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

class FrontTest : public testing::Test {
 protected:
  void SetUp() override {
    HttpSettings settings;
    settings.listen = "127.0.0.1:0";
    settings.body_bytes_max = 4 << 20;
    front = std::make_unique<HttpFront>(settings, toy_routes(toys));
    front->start();
  }
  // One request over a connection of its own, to the end.
  std::string ask(std::string_view request) {
    RawClient client(front->port());
    EXPECT_TRUE(client.send(request));
    EXPECT_TRUE(client.wait_for_end());
    return client.received;
  }

  Toys toys;
  std::unique_ptr<HttpFront> front;
};

TEST_F(FrontTest, SmallReply) {
  const std::string answer = ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("Date: "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nhello"));
}

TEST_F(FrontTest, KeepsAlive) {
  RawClient client(front->port());
  for (int i = 0; i < 3; ++i) {
    client.received.clear();
    ASSERT_TRUE(client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    ASSERT_TRUE(client.wait_for("\r\n\r\nhello"));
  }
  EXPECT_EQ(front->connections(), 1u);
}

TEST_F(FrontTest, Http10) {
  EXPECT_THAT(ask("GET /hello HTTP/1.0\r\n\r\n"), EndsWith("hello"));
  // A stream without chunks ends with the connection.
  const std::string answer = ask("GET /count?to=3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n1\n2\n3\n"));
}

TEST_F(FrontTest, Pipelining) {
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += "GET /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  requests += "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  const std::string answer = ask(requests);
  size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = answer.find("<" + std::to_string(i) + ">", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
  EXPECT_THAT(answer, EndsWith("hello"));
}

TEST_F(FrontTest, PipeliningThenHalfClose) {
  RawClient client(front->port());
  client.send("POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  client.end_sending();
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, HasSubstr("\r\n\r\n3 bytes"));
  EXPECT_THAT(client.received, EndsWith("hello"));
}

TEST_F(FrontTest, PathParametersAndQuery) {
  EXPECT_THAT(ask("GET /echo/a%20b+c?x=1%2B1&y=p+q&z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              EndsWith("<a b+c>x=1+1;y=p q;z=;"));
  EXPECT_THAT(ask("GET http://a:1/echo/abs HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), EndsWith("<abs>"));
}

TEST_F(FrontTest, BodiesOfBothKinds) {
  EXPECT_THAT(ask("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n12345"),
              EndsWith("5 bytes"));
  EXPECT_THAT(ask("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n"),
              EndsWith("7 bytes"));
  EXPECT_THAT(ask("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), EndsWith("0 bytes"));
  const std::string large(3 << 20, 'x');
  EXPECT_THAT(ask("POST /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3145728\r\n\r\n" + large),
              EndsWith("3145728 bytes"));
}

TEST_F(FrontTest, Head) {
  const std::string answer = ask("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_THAT(ask("HEAD /count?to=2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), EndsWith("\r\n\r\n"));
}

TEST_F(FrontTest, ExpectContinue) {
  RawClient client(front->port());
  client.send("POST /length HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  ASSERT_TRUE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("abcd");
  EXPECT_TRUE(client.wait_for("4 bytes"));
  EXPECT_THAT(ask("POST /length HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 4\r\n\r\n"),
              StartsWith("HTTP/1.1 417 "));
  // What is refused anyway is refused before the body is sent.
  const std::string refused =
      ask("POST /length HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 413 "));
}

TEST_F(FrontTest, RequestIds) {
  EXPECT_THAT(ask("GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: my-id\r\nConnection: close\r\n\r\n"),
              HasSubstr("X-Request-Id: my-id\r\n"));
  EXPECT_THAT(ask("GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Id: a b\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("X-Request-Id: "), Not(HasSubstr("a b"))));
}

TEST_F(FrontTest, StreamsChunks) {
  const std::string answer = ask("GET /count?to=3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n"));
}

TEST_F(FrontTest, BodyIsReadWhileItArrives) {
  RawClient client(front->port());
  client.send("POST /acknowledge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const std::string piece : {"one", "twelve"}) {
    client.send((piece == "one" ? "3\r\n" : "6\r\n") + piece + "\r\n");
    ASSERT_TRUE(client.wait_for("[" + piece + "]"));
  }
  client.send("0\r\n\r\n");
  ASSERT_TRUE(client.wait_for("[end]"));
  ASSERT_TRUE(client.wait_for("0\r\n\r\n"));
  // The connection goes on.
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.wait_for("\r\n\r\nhello"));
}

TEST_F(FrontTest, ChunksThatArriveByteByByte) {
  for (const std::string body : {"0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "1\r\na\r\n0\r\nT: t\r\n\r\n"}) {
    RawClient client(front->port());
    client.send("POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (const char byte : body) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      client.send({&byte, 1});
    }
    EXPECT_TRUE(client.wait_for(body[0] == '0' ? "0 bytes" : body[0] == '1' ? "1 bytes" : "3 bytes")) << body;
  }
}

TEST_F(FrontTest, BodyThatNobodyTakesStopsTheClient) {
  RawClient client(front->port());
  client.send("POST /hold HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  std::atomic<size_t> sent = 0;
  std::thread sender([&] {
    const std::string chunk = "10000\r\n" + std::string(65536, 'x') + "\r\n";
    for (int i = 0; i < 1024 && client.send(chunk); ++i) sent += 65536;
    client.send("0\r\n\r\n");
  });
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(sent.load(), 32u << 20);  // the kernel's buffers are what it could give
  toys.let_go();
  sender.join();
  EXPECT_TRUE(client.wait_for("67108864 bytes"));
}

TEST_F(FrontTest, WriterWaitsForASlowReader) {
  RawClient client(front->port());
  client.send("GET /flood HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  std::this_thread::sleep_for(200ms);
  EXPECT_LE(toys.pending_max.load(), 3u << 20);
  ASSERT_TRUE(client.wait_for_end(20s));
  EXPECT_GT(client.received.size(), 64u << 20);
  EXPECT_THAT(client.received, EndsWith("\r\n0\r\n\r\n"));
}

TEST_F(FrontTest, TellsWhenTheClientGoes) {
  auto client = std::make_unique<RawClient>(front->port());
  client->send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client->wait_for("begun"));
  client.reset();
  EXPECT_TRUE(toys.wait_closed(2s));
}

TEST_F(FrontTest, ThrowingHandlerIsA500) {
  for (const std::string path : {"/throw", "/throw-later"}) {
    const std::string answer = ask("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(
        answer,
        EndsWith(R"({"@type":"generic_error","error_code":50000,"message":"broken on purpose","code":"internal"})"
                 "\n"));
  }
}

TEST_F(FrontTest, WebSocketWhoseJobThrowsIsClosed) {
  RawClient client(front->port());
  client.send(
      "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(
      client.wait_for("\x03\xf3"
                      "broken on purpose"))
      << client.received;  // 1011
  EXPECT_THAT(ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), EndsWith("hello"));
}

TEST_F(FrontTest, ForgottenAnswerIsA500AndForgottenStreamIsCut) {
  EXPECT_THAT(ask("GET /forget HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(ask("GET /forget?begun=1 HTTP/1.1\r\nHost: a\r\n\r\n"), EndsWith("\r\n\r\n4\r\npart\r\n"));
}

TEST_F(FrontTest, StopEndsStreams) {
  RawClient client(front->port());
  client.send("GET /forever HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.wait_for("begun"));
  RawClient idle(front->port());
  const auto begin = std::chrono::steady_clock::now();
  front->stop(5s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, EndsWith("8\r\nstopping\r\n0\r\n\r\n"));
  EXPECT_FALSE(RawClient(front->port()).connected());
}

TEST_F(FrontTest, StopCutsWhatDoesNotEnd) {
  RawClient client(front->port());
  client.send("GET /forever?deaf=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(client.wait_for("begun"));
  front->stop(200ms);
  EXPECT_TRUE(client.wait_for_end());
  EXPECT_TRUE(toys.wait_closed(1s));
}

TEST_F(FrontTest, AddressThatIsNone) {
  for (const std::string listen :
       {"127.0.0.1", "127.0.0.1:", ":8088", "127.0.0.1:99999", "127.0.0.1:x", "127.0.0.1:1x"}) {
    HttpSettings settings;
    settings.listen = listen;
    HttpFront wrong(settings, RouteTable());
    EXPECT_THROW(wrong.start(), Error) << listen;
  }
}

TEST_F(FrontTest, PortInUse) {
  HttpSettings settings;
  settings.listen = front->address();
  HttpFront second(settings, RouteTable());
  try {
    second.start();
    FAIL() << "two fronts on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "cannot listen on " + front->address() + ": Address already in use");
  }
}

// A server listens before it has read its log.
TEST_F(FrontTest, WhileItStartsOnlyItsStateIsTold) {
  RouteTable starting;
  add_status_routes(
      {"1.2.3", "s"}, [] { return ServerStatus{}; }, [&](Route route) { starting.add(std::move(route)); });
  starting.refuse_others({503, 50300, "not yet initialised", {{"Retry-After", "1"}}});
  front->serve(std::move(starting));
  const auto ask = [&](const std::string& path) {
    RawClient client(front->port());
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.wait_for_end());
    return client.received;
  };
  EXPECT_THAT(ask("/v1/health/live"), AllOf(HasSubstr(" 200 "), HasSubstr(R"({"state":"starting"})")));
  EXPECT_THAT(ask("/v1/health/ready"), AllOf(HasSubstr(" 503 "), HasSubstr(R"({"state":"starting"})")));
  EXPECT_THAT(ask("/healthcheck"), HasSubstr(" 503 "));
  EXPECT_THAT(ask("/ksql"), AllOf(HasSubstr(" 503 "), HasSubstr("not yet initialised"), HasSubstr("Retry-After: 1")));
  for (const auto state : {ServerState::ready, ServerState::degraded, ServerState::stopping}) {
    RouteTable table;
    add_status_routes(
        {"1.2.3", "s"},
        [state] {
          return ServerStatus{state, "why"};
        },
        [&](Route route) { table.add(std::move(route)); });
    front->serve(std::move(table));
    EXPECT_THAT(ask("/v1/health/ready"), HasSubstr(state == ServerState::stopping ? " 503 " : " 200 "));
    EXPECT_THAT(ask("/v1/health/live"), HasSubstr(" 200 "));
    EXPECT_THAT(ask("/ksql"), HasSubstr(" 404 "));
  }
}

}  // namespace
}  // namespace millrace
