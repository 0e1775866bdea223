// Properties that come with a request: what SET would refuse is refused, whatever the request.
#include "tests/api/api_fixture.h"
#include "tests/program/web_socket_client.h"

namespace millrace::testing {
namespace {

using Json = nlohmann::json;

class RequestProperties : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    execute_well(
        "CREATE STREAM s (id INT KEY, v INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');");
  }

  Answer last_line(const std::string& method, const std::string& path, const std::string& body) {
    shell::HttpExchange exchange(url());
    exchange.send(method, path, "application/json", body);
    std::string text = exchange.read_all();
    while (text.ends_with('\n')) text.pop_back();
    const size_t end = text.rfind('\n');
    return {exchange.status(), Json::parse(end == std::string::npos ? text : text.substr(end + 1), nullptr, false)};
  }

  static void expect_refused(const Answer& answer, const std::string& code, const std::string& message) {
    EXPECT_EQ(answer.status, 400);
    ASSERT_TRUE(answer.body.is_object()) << answer.body;
    EXPECT_EQ(answer.body.value("code", ""), code);
    EXPECT_EQ(answer.body.value("message", ""), message);
  }

  // How each kind of request takes these properties: its answer.
  std::vector<Answer> answers(const Json& properties) {
    const std::string select = "SELECT id FROM s EMIT CHANGES LIMIT 1;";
    return {last_line("POST", "/ksql", Json{{"ksql", "SHOW STREAMS;"}, {"streamsProperties", properties}}.dump()),
            last_line("POST", "/query", Json{{"ksql", select}, {"streamsProperties", properties}}.dump()),
            last_line("POST", "/query-stream", Json{{"sql", select}, {"properties", properties}}.dump()),
            last_line("POST", "/v1/live", Json{{"sql", select}, {"properties", properties}}.dump()),
            last_line("POST", "/inserts-stream",
                      Json{{"target", "s"}, {"properties", properties}}.dump() + "\n{\"id\": 1}\n")};
  }
};

TEST_F(RequestProperties, UnknownOnesNameTheNearest) {
  for (const Answer& answer : answers({{"auto.ofset.reset", "earliest"}}))
    expect_refused(answer, "property_unknown",
                   "there is no property auto.ofset.reset (did you mean auto.offset.reset?)");
  expect_refused(last_line("GET", "/v1/live?sql=SELECT+id+FROM+s&auto.ofset.reset=earliest", ""), "property_unknown",
                 "there is no property auto.ofset.reset (did you mean auto.offset.reset?)");
}

TEST_F(RequestProperties, ValuesAreThoseThatSetTakes) {
  for (const char* name : {"auto.offset.reset", "ksql.streams.auto.offset.reset"})
    for (const Answer& answer : answers({{name, "first"}}))
      expect_refused(answer, "property_invalid", "auto.offset.reset is 'earliest' or 'latest', here it is 'first'");
  for (const Answer& answer : answers({{"cache.max.bytes.buffering", -1}}))
    expect_refused(answer, "property_invalid", "cache.max.bytes.buffering is a number of bytes, here it is '-1'");
}

TEST_F(RequestProperties, OfAWebSocketToo) {
  const Json request = {{"ksql", "SELECT id FROM s EMIT CHANGES;"}, {"properties", {{"x", 1}}}};
  WebSocketClient socket(url(), "/ws/query?request=" + percent_encoded(request.dump()));
  const Json answer = socket.next();
  EXPECT_EQ(answer.value("message", ""), "there is no property x") << answer;
}

TEST_F(RequestProperties, ThoseOfTheOtherEngineAreTaken) {
  post_records("s", R"([{"id": 1}])");
  const Json properties = {{"ksql.streams.auto.offset.reset", "earliest"},
                           {"ksql.streams.num.stream.threads", 4},
                           {"ksql.query.pull.table.scan.enabled", true},
                           {"ksql.streams.cache.max.bytes.buffering", "0"}};
  for (const Answer& answer : answers(properties)) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(answer.body.is_object() && answer.body.contains("error_code")) << answer.body;
  }
}

// What else clients of the other engine send is passed over; what was mistyped would be missed.
TEST_F(RequestProperties, MistypedMembersAreTold) {
  const auto ask = [&](const std::string& member) {
    return last_line("POST", "/ksql", Json{{"ksql", "SHOW STREAMS;"}, {member, Json::object()}}.dump());
  };
  EXPECT_EQ(ask("propertis").status, 400);
  EXPECT_EQ(ask("propertis").body.value("message", ""), "there is no member \"propertis\" (did you mean properties?)");
  EXPECT_EQ(ask("streamProperties").body.value("message", ""),
            "there is no member \"streamProperties\" (did you mean streamsProperties?)");
  for (const char* member : {"requestProperties", "sessionVariables", "clientVersion"})
    EXPECT_EQ(ask(member).status, 200) << member;
}

}  // namespace
}  // namespace millrace::testing
