// Pages of other sites: a browser names theirs by the header Origin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/error.h"
#include "server/http/front.h"
#include "tests/server/raw_client.h"
#include "tests/server/toy_routes.h"

namespace millrace {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Origins, AreThoseOfTheHostAndThoseThatAreListed) {
  const Origins none;
  EXPECT_TRUE(none.allow("http://localhost:8088", "localhost:8088"));
  EXPECT_TRUE(none.allow("http://LocalHost", "localhost:80"));
  EXPECT_TRUE(none.allow("https://a.example", "a.example:443"));
  EXPECT_TRUE(none.allow("http://[::1]:8088", "[::1]:8088"));
  EXPECT_TRUE(none.allow("http://localhost:8000", "127.0.0.1:8088"));
  EXPECT_TRUE(none.allow("https://127.0.0.1", "[::1]:8088"));
  EXPECT_FALSE(none.allow("http://a.example:8089", "a.example:8088"));
  EXPECT_FALSE(none.allow("http://localhost:8000", "a.example:8088"));
  EXPECT_FALSE(none.allow("http://a.example", "localhost:8088"));
  EXPECT_FALSE(none.allow("http://localhost.a.example", "localhost:8088"));
  EXPECT_FALSE(none.allow("http://127.0.0.1.a.example:8088", "127.0.0.1:8088"));
  EXPECT_FALSE(none.allow("http://b.example", "a.example"));
  EXPECT_FALSE(none.allow("http://a.example.b.example", "a.example"));
  EXPECT_FALSE(none.allow("https://a.example", "a.example:80"));
  for (const char* nobody : {"null", "file://", "", "a.example", "http://"}) {
    EXPECT_FALSE(none.allow(nobody, "a.example")) << nobody;
    EXPECT_FALSE(none.allow(nobody, "")) << nobody;
  }
  const Origins two(" https://A.example:443 ,http://localhost:3000,");
  EXPECT_TRUE(two.allow("https://a.example", "b"));
  EXPECT_TRUE(two.allow("http://localhost:3000", "b"));
  EXPECT_FALSE(two.allow("http://a.example", "b"));
  EXPECT_FALSE(two.allow("http://localhost", "b"));
  EXPECT_FALSE(two.allow("null", "b"));
  EXPECT_TRUE(Origins("null").allow("null", "b"));
  EXPECT_TRUE(Origins("null").allow("file://", "b"));
  EXPECT_FALSE(Origins("null").allow("http://a.example", "b"));
  EXPECT_TRUE(Origins("*").allow("http://a.example", "b"));
  EXPECT_TRUE(Origins("*").allow("null", "b"));
  for (const char* wrong : {"a.example", "http://", "http://a.example/", "http://a.example, https"})
    EXPECT_THROW(Origins{wrong}, Error) << wrong;
}

class FrontOriginsTest : public testing::Test {
 protected:
  void start(const std::string& allowed) {
    HttpSettings settings;
    settings.listen = "127.0.0.1:0";
    settings.origins = Origins(allowed);
    front = std::make_unique<HttpFront>(settings, toy_routes(toys));
    front->start();
  }
  std::string ask(const std::string& first, const std::string& more, const std::string& body = "") {
    RawClient client(front->port());
    client.send(first + " HTTP/1.1\r\nHost: server.example:8088\r\nConnection: close\r\n" + more + "\r\n" + body);
    EXPECT_TRUE(client.wait_for_end());
    return client.received;
  }

  Toys toys;
  std::unique_ptr<HttpFront> front;
};

const std::string foreign = "Origin: https://elsewhere.example\r\n";
const std::string refusal = "pages of https://elsewhere.example may not use this server: http.origins.allowed";

TEST_F(FrontOriginsTest, OthersAreRefusedWhateverTheyAsk) {
  start("");
  const auto refused =
      AllOf(StartsWith("HTTP/1.1 403 Forbidden\r\n"), HasSubstr("\"error_code\":40300"), HasSubstr(refusal));
  EXPECT_THAT(ask("GET /hello", foreign), refused);
  EXPECT_THAT(ask("GET /nothing", foreign), refused);
  // What a form, or a script without being asked for more, can send.
  EXPECT_THAT(ask("POST /length", foreign + "Content-Type: text/plain\r\nContent-Length: 5\r\n", "12345"), refused);
  EXPECT_THAT(ask("GET /hello", foreign + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
              refused);
  EXPECT_THAT(ask("OPTIONS /length", foreign + "Access-Control-Request-Method: POST\r\n"),
              AllOf(refused, Not(HasSubstr("Access-Control"))));
  EXPECT_THAT(ask("GET /hello", "Origin: http://server.example:8088\r\n" + foreign), refused);
  EXPECT_THAT(ask("GET /hello", "Origin: null\r\n"), HasSubstr(" 403 "));
}

TEST_F(FrontOriginsTest, ProgramsAndItsOwnPagesAreNot) {
  start("");
  EXPECT_THAT(ask("GET /hello", ""), AllOf(HasSubstr(" 200 "), Not(HasSubstr("Access-Control"))));
  EXPECT_THAT(ask("GET /hello", "Origin: http://server.example:8088\r\n"), HasSubstr(" 200 "));
}

TEST_F(FrontOriginsTest, ThoseThatAreListedMayReadTheAnswer) {
  start("https://elsewhere.example");
  const auto readable = HasSubstr("\r\nAccess-Control-Allow-Origin: https://elsewhere.example\r\nVary: Origin\r\n");
  EXPECT_THAT(ask("GET /hello", foreign), AllOf(HasSubstr(" 200 "), readable));
  EXPECT_THAT(ask("GET /nothing", foreign), AllOf(HasSubstr(" 404 "), readable));
  EXPECT_THAT(ask("OPTIONS /length", foreign + "Access-Control-Request-Method: POST\r\n"
                                               "Access-Control-Request-Headers: content-type,x-session-id\r\n"),
              AllOf(StartsWith("HTTP/1.1 204 "), readable, HasSubstr("\r\nAccess-Control-Allow-Methods: GET, POST\r\n"),
                    HasSubstr("\r\nAccess-Control-Allow-Headers: content-type,x-session-id\r\n")));
  EXPECT_THAT(ask("GET /hello", "Origin: https://other.example\r\n"), HasSubstr(" 403 "));
}

}  // namespace
}  // namespace millrace
