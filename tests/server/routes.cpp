// The routes over a fake engine: shapes, statuses, and what happens when clients come and go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/error_answer.h"

#include "server/http/front.h"
#include "server/live/live_hub.h"
#include "server/result_json.h"
#include "server/route_registry.h"
#include "tests/server/fake_engine.h"
#include "tests/server/raw_client.h"

namespace millrace {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;

class RoutesTest : public testing::Test {
 protected:
  void SetUp() override {
    HttpSettings settings;
    settings.listen = "127.0.0.1:0";
    RouteRegistry registry(engine, live, {"1.2.3", "service_"}, 1000);
    register_all_routes(registry);
    registry.add(
        {"GET", "/broken", [](Request&, const ResponseStreamPtr&) { throw std::runtime_error("broken on purpose"); }},
        "BROKEN");
    registry.add({"GET", "/front",
                  [this](Request&, const ResponseStreamPtr& response) {
                    front_thread = std::this_thread::get_id();
                    response->reply(200, {}, "");
                  },
                  Route::Body::collected, Route::Thread::front});
    front = std::make_unique<HttpFront>(settings, registry.take());
    front->start();
  }

  static std::string post(const std::string& path, const std::string& body, const std::string& accept = "*/*") {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept: " + accept +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  // Status and body.
  std::pair<int, std::string> ask(const std::string& request) {
    RawClient client(front->port());
    client.send(request);
    EXPECT_TRUE(client.wait_for_end());
    return {std::stoi(client.received.substr(9, 3)), body_of(client.received)};
  }
  // Without the framing of chunks.
  static std::string body_of(const std::string& answer) {
    const size_t begin = answer.find("\r\n\r\n") + 4;
    if (answer.find("chunked") > begin) return answer.substr(begin);
    std::string body;
    for (size_t at = begin; at < answer.size();) {
      const size_t line = answer.find("\r\n", at);
      if (line == std::string::npos) break;
      const size_t size = std::stoul(answer.substr(at, line - at), nullptr, 16);
      body += answer.substr(line + 2, size);
      at = line + 2 + size + 2;
    }
    return body;
  }
  std::string row_head =
      "POST /inserts-stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  static std::string chunk(const std::string& text) {
    char size[32];
    std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    return size + text + "\r\n";
  }

  std::atomic<std::thread::id> front_thread = {};
  FakeEngine engine;
  LiveHub live{engine, {}, 2};
  std::unique_ptr<HttpFront> front;
};

TEST_F(RoutesTest, WhatAHandlerThrowsIsInTheAudit) {
  EXPECT_EQ(ask("GET /broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").first, 500);
  const auto records = engine.observation().audit().take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].operation, "BROKEN");
  EXPECT_EQ(records[0].status, 500);
  EXPECT_EQ(records[0].error, "broken on purpose");
}

// What takes longer than handing it over is left to a worker: many bytes, or few that are many values.
TEST_F(RoutesTest, OnlySmallInsertsAreDoneOnTheFront) {
  ask("GET /front HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto on_front = [&](const std::string& body) {
    EXPECT_EQ(ask(post("/v1/streams/S/records?ack=received", body)).first, 202);
    return engine.insert_thread.load() == front_thread.load();
  };
  EXPECT_FALSE(on_front(R"({"v": 1})"));  // it was not opened before
  engine.finds_inserts = true;
  EXPECT_TRUE(on_front(R"({"v": 1})"));
  EXPECT_FALSE(on_front(R"({"v": ")" + std::string(20'000, 'x') + "\"}"));
  engine.row_width = 3000;
  EXPECT_TRUE(on_front("{}"));
  EXPECT_FALSE(on_front("{}{}"));
}

TEST_F(RoutesTest, TheRootLeadsToWhatTheServerIs) {
  RawClient client(front->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, testing::StartsWith("HTTP/1.1 307 Temporary Redirect\r\n"));
  EXPECT_THAT(client.received, HasSubstr("\r\nLocation: /info\r\n"));
}

TEST_F(RoutesTest, StatementsAndProperties) {
  const auto [status, body] = ask(post("/ksql", R"({"ksql":"CREATE STREAM S …;","streamsProperties":
      {"auto.offset.reset":"earliest","n":5},"sessionVariables":{"v":"x"}})"));
  EXPECT_EQ(status, 200);
  const Json entity = Json::parse(body).at(0);
  EXPECT_EQ(entity.at("@type"), "currentStatus");
  EXPECT_EQ(entity.at("statementText"), "CREATE STREAM S …;");
  EXPECT_EQ(entity.at("commandStatus"),
            Json::parse(R"({"status":"SUCCESS","message":"Stream created","queryId":"CSAS_S_1"})"));
  EXPECT_EQ(entity.at("commandSequenceNumber"), 7);
  EXPECT_EQ(engine.last_session().properties["auto.offset.reset"], "earliest");
  EXPECT_EQ(engine.last_session().properties["n"], "5");
  EXPECT_EQ(engine.last_session().variables["v"], "x");
}

TEST_F(RoutesTest, Listings) {
  EXPECT_EQ(Json::parse(ask(post("/ksql", R"({"ksql":"SHOW STREAMS;"})")).second), Json::parse(R"([{"@type":"streams",
      "streams":[{"type":"STREAM","name":"S","topic":"s","keyFormat":"KAFKA","valueFormat":"JSON","isWindowed":false}],
      "statementText":"SHOW STREAMS;","warnings":[]}])"));
  const Json query = Json::parse(ask(post("/ksql", R"({"ksql":"SHOW QUERIES;"})")).second).at(0).at("queries").at(0);
  EXPECT_EQ(query.at("id"), "CSAS_S_1");
  EXPECT_EQ(query.at("sinkKafkaTopics"), Json::parse(R"(["s"])"));
  EXPECT_EQ(query.at("statusCount"), Json::parse(R"({"RUNNING":1})"));
  EXPECT_EQ(query.at("counters").at("rowsIn"), 5);
  const Json description =
      Json::parse(ask(post("/ksql", R"({"ksql":"DESCRIBE S;"})")).second).at(0).at("sourceDescription");
  EXPECT_EQ(description.at("fields"), Json::parse(R"([
      {"name":"K","schema":{"type":"BIGINT","fields":null,"memberSchema":null},"type":"KEY"},
      {"name":"V","schema":{"type":"STRING","fields":null,"memberSchema":null}}])"));
}

TEST_F(RoutesTest, FailedStatement) {
  const auto [status, body] = ask(post("/ksql", R"({"ksql":"CREATE …; FAIL;"})"));
  EXPECT_EQ(status, 400);
  const Json error = Json::parse(body);
  EXPECT_EQ(error.at("@type"), "statement_error");
  EXPECT_EQ(error.at("error_code"), 40001);
  EXPECT_EQ(error.at("code"), "column_unknown");
  EXPECT_EQ(error.at("message"), "There is no column X");
  EXPECT_EQ(error.at("line"), 2);
  EXPECT_EQ(error.at("column"), 3);
  EXPECT_EQ(error.at("statementText"), "CREATE …; FAIL;");
  EXPECT_EQ(error.at("entities").size(), 1u);
}

TEST_F(RoutesTest, BadBodies) {
  for (const std::string path : {"/ksql", "/query-stream", "/query"}) {
    for (const std::string body :
         {"", "nonsense", "[]", R"({"ksql":5})", R"({"ksql":"x","streamsProperties":{"a":[]}})",
          R"({"ksql":"x","sessionVariables":7})"}) {
      const auto [status, answer] = ask(post(path, body));
      EXPECT_EQ(status, 400) << body;
      EXPECT_EQ(Json::parse(answer).at("error_code"), 40000) << body;
    }
  }
  // Bytes that are no UTF-8 still get an answer that is JSON.
  EXPECT_EQ(ask(post("/ksql", "{\"ksql\":\"\xff\xfe\"}")).first, 400);
}

TEST_F(RoutesTest, TypesAsJson) {
  const Type type =
      Type::structure({"A", "B"}, {Type::decimal(10, 2), Type::array(Type::map(varchar_type, date_type))});
  EXPECT_EQ(Json::parse(dump(type_json(type))), Json::parse(R"({"type":"STRUCT","memberSchema":null,"fields":[
      {"name":"A","schema":{"type":"DECIMAL","fields":null,"memberSchema":null,"parameters":{"precision":10,"scale":2}}},
      {"name":"B","schema":{"type":"ARRAY","fields":null,"memberSchema":
         {"type":"MAP","fields":null,"memberSchema":{"type":"DATE","fields":null,"memberSchema":null}}}}]})"));
}

TEST_F(RoutesTest, EveryErrorCodeHasAStatus) {
  for (int code = 1000; code < 1600; ++code) {
    const auto answer = error_answer(static_cast<ErrorCode>(code));
    EXPECT_GE(answer.status, 400);
    EXPECT_EQ(answer.number / 100, answer.status);
  }
}

TEST_F(RoutesTest, PullQueryInEachForm) {
  const std::string body = R"({"sql":"PULL","properties":{}})";
  EXPECT_EQ(ask(post("/query-stream", body)).second,
            R"({"queryId":"transient_1","columnNames":["K","V"],"columnTypes":["BIGINT","STRING"]})"
            "\n[1,\"one\"]\n[2,\"a, \\\"b\\\"\"]\n[3,null]\n");
  EXPECT_EQ(Json::parse(ask(post("/query-stream", body, "application/json")).second), Json::parse(R"([
      {"queryId":"transient_2","columnNames":["K","V"],"columnTypes":["BIGINT","STRING"]},
      [1,"one"],[2,"a, \"b\""],[3,null]])"));
  EXPECT_EQ(Json::parse(ask(post("/query", R"({"ksql":"PULL"})")).second), Json::parse(R"([
      {"header":{"queryId":"transient_3","schema":"`K` BIGINT, `V` STRING","keys":["K"]}},
      {"row":{"columns":[1,"one"]}},{"row":{"columns":[2,"a, \"b\""]}},{"row":{"columns":[3,null]}},
      {"finalMessage":"Query Completed"}])"));
}

TEST_F(RoutesTest, BadQuery) {
  const auto [status, body] = ask(post("/query-stream", R"({"sql":"SELECT BAD"})"));
  EXPECT_EQ(status, 400);
  const Json error = Json::parse(body);
  EXPECT_EQ(error.at("@type"), "statement_error");
  EXPECT_EQ(error.at("code"), "syntax");
  EXPECT_EQ(error.at("column"), 8);
}

TEST_F(RoutesTest, PushQueryRowByRow) {
  RawClient client(front->port());
  client.send(post("/query-stream", R"({"sql":"SELECT"})"));
  ASSERT_TRUE(client.wait_for("columnNames"));
  const auto feed = engine.feed();
  for (int i = 0; i < 100; ++i) {
    feed->emit({{i, "v"}});
    ASSERT_TRUE(client.wait_for("[" + std::to_string(i) + ",\"v\"]\n"));
  }
  feed->emit({{1, "old", RowKind::old}, {1, "new"}, {1, std::nullopt, RowKind::tombstone}});
  feed->end("Limit Reached");
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(body_of(client.received), EndsWith("[99,\"v\"]\n[1,\"new\"]\n[1,null]\n"));
  EXPECT_TRUE(feed->wait_dropped(2s));
}

TEST_F(RoutesTest, TombstonesInTheOlderForm) {
  RawClient client(front->port());
  client.send(post("/query", R"({"ksql":"SELECT"})"));
  ASSERT_TRUE(client.wait_for("schema"));
  engine.feed()->emit({{1, std::nullopt, RowKind::tombstone}});
  ASSERT_TRUE(client.wait_for(R"({"row":{"columns":[1,null],"tombstone":true}},)"));
  engine.feed()->end("Limit Reached");
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(body_of(client.received), EndsWith("{\"finalMessage\":\"Limit Reached\"}]\n"));
}

TEST_F(RoutesTest, FailedQueryEndsWithItsError) {
  for (const std::string path : {"/query-stream", "/query"}) {
    FakeEngine& fake = engine;
    RawClient client(front->port());
    client.send(post(path, R"({"sql":"SELECT"})"));
    ASSERT_TRUE(client.wait_for("queryId"));
    fake.feed()->end("", Error(ErrorCode::position_lost, "gone"));
    ASSERT_TRUE(client.wait_for_end());
    EXPECT_THAT(client.received, HasSubstr(R"("error_code":50000,"message":"gone","code":"position_lost")"));
    EXPECT_THAT(client.received, EndsWith("0\r\n\r\n"));
  }
}

TEST_F(RoutesTest, CloseQuery) {
  RawClient client(front->port());
  client.send(post("/query-stream", R"({"sql":"SELECT"})"));
  ASSERT_TRUE(client.wait_for("transient_1"));
  EXPECT_EQ(ask(post("/close-query", R"({"queryId":"transient_1"})")).first, 200);
  EXPECT_TRUE(client.wait_for_end());
  const auto [status, body] = ask(post("/close-query", R"({"queryId":"nothing"})"));
  EXPECT_EQ(status, 404);
  EXPECT_EQ(Json::parse(body).at("error_code"), 40401);
  EXPECT_EQ(ask(post("/close-query", "{}")).first, 400);
}

TEST_F(RoutesTest, ClientThatGoesEndsItsQuery) {
  auto client = std::make_unique<RawClient>(front->port());
  client->send(post("/query-stream", R"({"sql":"SELECT"})"));
  ASSERT_TRUE(client->wait_for("transient_1"));
  client.reset();
  EXPECT_TRUE(engine.feed()->wait_dropped(2s));
}

TEST_F(RoutesTest, SlowClientStopsItsQueryOnly) {
  RawClient slow(front->port());
  slow.send(post("/query-stream", R"({"sql":"SELECT"})"));
  ASSERT_TRUE(slow.wait_for("transient_1"));
  const auto feed = engine.feed();
  const std::string value(100'000, 'x');
  for (int i = 0; i < 400; ++i) feed->emit({{i, value}});
  std::this_thread::sleep_for(300ms);
  EXPECT_GT(feed->waiting(), 100u);
  EXPECT_EQ(ask(post("/ksql", R"({"ksql":"SHOW STREAMS;"})")).first, 200);
  feed->end("done");
  ASSERT_TRUE(slow.wait_for_end(20s));
  EXPECT_THAT(body_of(slow.received), HasSubstr("\n[399,"));
}

TEST_F(RoutesTest, StopEndsQueriesWithAMessage) {
  RawClient client(front->port());
  client.send(post("/query-stream", R"({"sql":"SELECT"})"));
  ASSERT_TRUE(client.wait_for("transient_1"));
  RawClient inserts(front->port());
  inserts.send(row_head + chunk("{\"target\":\"S\"}\n{\"K\":1}\n"));
  ASSERT_TRUE(inserts.wait_for(R"({"status":"ok","seq":0})"));
  const auto begin = std::chrono::steady_clock::now();
  front->stop(5s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, HasSubstr(R"("error_code":50300,"message":"the server is stopping")"));
  EXPECT_THAT(client.received, EndsWith("0\r\n\r\n"));
  ASSERT_TRUE(inserts.wait_for_end());
  EXPECT_THAT(inserts.received, HasSubstr("the server is stopping"));
  EXPECT_TRUE(engine.feed()->wait_dropped(2s));
}

TEST_F(RoutesTest, InsertsAreAcknowledgedAsTheyCome) {
  RawClient client(front->port());
  // Lines are cut anywhere.
  client.send(row_head + chunk("{\"target\":\"S\",\"prop") + chunk("erties\":{\"a\":1}}\n{\"K\":1}\n{\"K\""));
  ASSERT_TRUE(client.wait_for("{\"status\":\"ok\",\"seq\":0}\n"));
  client.send(chunk(":2}\r\n\n{\"V\":\"reject\"}\n{\"K\":3}"));
  ASSERT_TRUE(client.wait_for(
      R"({"status":"error","seq":2,"error_code":40001,"message":"V cannot be \"reject\"","code":"value_invalid"})"));
  client.send("0\r\n\r\n");
  ASSERT_TRUE(client.wait_for("{\"status\":\"ok\",\"seq\":3}\n"));
  ASSERT_TRUE(client.wait_for_end());
  EXPECT_THAT(client.received, EndsWith("0\r\n\r\n"));
  EXPECT_THAT(engine.inserted(), ElementsAre("{\"K\":1}", "{\"K\":2}", "{\"K\":3}"));
  EXPECT_EQ(engine.last_session().properties["a"], "1");
}

TEST_F(RoutesTest, InsertsThatCannotBegin) {
  const auto ask_rows = [&](const std::string& body) { return ask(row_head + chunk(body) + "0\r\n\r\n"); };
  const auto [status, body] = ask_rows("{\"target\":\"NOPE\"}\n{}\n");
  EXPECT_EQ(status, 400);
  EXPECT_EQ(Json::parse(body).at("code"), "source_unknown");
  EXPECT_EQ(ask_rows("[]\n").first, 400);
  EXPECT_EQ(ask_rows("{\"target\":7}\n").first, 400);
  EXPECT_EQ(ask_rows("\n").first, 400);
  EXPECT_EQ(ask(post("/inserts-stream", "")).first, 400);
}

TEST_F(RoutesTest, RowWithoutEndIsRefused) {
  const auto [status, body] =
      ask(row_head + chunk("{\"target\":\"S\"}\n{\"K\":1}\n{\"V\":\"" + std::string(2000, 'x')));
  EXPECT_EQ(status, 200);
  EXPECT_THAT(body, HasSubstr("a row has more than 1000 bytes"));
}

TEST_F(RoutesTest, ManyInsertsWaitForTheirAcknowledgements) {
  engine.hold_acknowledgements(true);
  RawClient client(front->port());
  std::thread sender([&] {
    client.send(row_head + chunk("{\"target\":\"S\"}\n"));
    std::string rows;
    for (int i = 0; i < 1000; ++i) rows += "{\"K\":1,\"V\":\"" + std::string(100, 'x') + "\"}\n";
    for (int i = 0; i < 200; ++i) client.send(chunk(rows));
    client.send("0\r\n\r\n");
  });
  std::this_thread::sleep_for(500ms);
  EXPECT_GT(engine.outstanding_max(), 20'000u);
  EXPECT_LT(engine.outstanding_max(), 60'000u);
  engine.hold_acknowledgements(false);
  EXPECT_TRUE(client.wait_for_end(20s));
  sender.join();
  EXPECT_THAT(client.received, HasSubstr("\"seq\":199999}"));
  EXPECT_EQ(engine.inserted().size(), 200'000u);
}

TEST_F(RoutesTest, InfoAndHealth) {
  const std::string close = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(Json::parse(ask("GET /info" + close).second), Json::parse(R"({"KsqlServerInfo":{"version":"1.2.3",
      "kafkaClusterId":"millrace","ksqlServiceId":"service_","serverStatus":"RUNNING"}})"));
  EXPECT_EQ(ask("GET /healthcheck" + close).first, 200);
  engine.state = ServerState::degraded;
  const auto [status, body] = ask("GET /healthcheck" + close);
  EXPECT_EQ(status, 503);
  EXPECT_EQ(Json::parse(body).at("isHealthy"), false);
  EXPECT_EQ(Json::parse(body).at("reason"), "the log is full");
}

TEST_F(RoutesTest, SlowStatementsHoldUpNobodyElse) {
  RawClient slow(front->port());
  slow.send(post("/ksql", R"({"ksql":"SLOW"})"));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(post("/ksql", R"({"ksql":"SHOW STREAMS;"})")).first, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 250ms);
  EXPECT_TRUE(slow.wait_for("Stream created"));
}

}  // namespace
}  // namespace millrace
