// /v1/live: over a WebSocket, as server-sent events and as JSON lines.
#include <fmt/format.h>
#include <sys/resource.h>

#include <numeric>

#include "tests/api/api_fixture.h"
#include "tests/program/web_socket_client.h"
#include "tests/program/wire_client.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using namespace std::chrono_literals;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t memory_factor = 8;  // what is given back is kept for a while
#else
constexpr size_t memory_factor = 1;
#endif

class Live : public ApiTest {
 protected:
  Live() { settings = {"log.level=off", "cache.max.bytes.buffering=0"}; }

  void SetUp() override {
    ApiTest::SetUp();
    execute_well(
        "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON');"
        "CREATE TABLE t (k STRING PRIMARY KEY, n INT) WITH (kafka_topic = 't', partitions = 2, value_format = "
        "'JSON');");
  }
  void insert(const std::string& stream, const std::string& key, int n) {
    const auto answer = post_records(stream, fmt::format(R"({{"k": "{}", "n": {}, "ROWTIME": {}}})", key, n, 1000 + n));
    ASSERT_EQ(answer.body.value("committed", 0), 1) << answer.body;
  }
  static std::string subscribe(const std::string& sql, const std::string& more = "") {
    return fmt::format(R"({{"subscribe": "{}"{}}})", sql, more);
  }
  static void expect_change(const Json& message, const std::string& op, const Json& row) {
    EXPECT_EQ(message.value("type", ""), "change") << message;
    EXPECT_EQ(message.value("op", ""), op) << message;
    EXPECT_EQ(message.contains("row") ? message["row"] : Json(), row) << message;
  }
};

TEST_F(Live, AStreamBeginsNowAndSaysWhatItIs) {
  insert("s", "before", 0);
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT k, n, n * 2 AS twice FROM s", R"(, "id": "mine")"));
  const Json hello = client.next();
  EXPECT_EQ(hello["type"], "hello");
  EXPECT_EQ(hello["id"], "mine");
  EXPECT_THAT(hello["query"].get<std::string>(), HasSubstr("transient_S_"));
  EXPECT_EQ(hello["key"], Json::parse(R"(["K"])"));
  EXPECT_EQ(
      hello["schema"],
      Json::parse(R"([{"name":"K","type":"STRING"},{"name":"N","type":"INTEGER"},{"name":"TWICE","type":"INTEGER"}])"));
  insert("s", "a", 1);
  insert("s", "b", 2);
  const Json first = client.next();
  EXPECT_EQ(
      first,
      Json::parse(
          R"({"id":"mine","type":"change","op":"insert","key":{"K":"a"},"row":{"K":"a","N":1,"TWICE":2},"time":1001})"));
  expect_change(client.next(), "insert", Json::parse(R"({"K":"b","N":2,"TWICE":4})"));
}

TEST_F(Live, ATableIsASnapshotThenChanges) {
  insert("t", "a", 1);
  insert("t", "b", 2);
  insert("t", "a", 3);
  WebSocketClient first(url(), "/v1/live");
  first.send(subscribe("SELECT k, n FROM t"));
  EXPECT_EQ(first.next()["type"], "hello");
  auto messages = first.until("progress");
  ASSERT_EQ(messages.size(), 3U);
  std::map<std::string, int> rows;
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(messages[i]["type"], "snapshot");
    rows[messages[i]["key"]["K"]] = messages[i]["row"]["N"];
  }
  EXPECT_EQ(rows, (std::map<std::string, int>{{"a", 3}, {"b", 2}}));
  EXPECT_EQ(messages[2]["time"], 1003);
  insert("t", "b", 4);
  expect_change(first.next(), "upsert", Json::parse(R"({"K":"b","N":4})"));
  // Who comes later begins with what is there then.
  WebSocketClient second(url(), "/v1/live");
  second.send(subscribe("SELECT k, n FROM t"));
  messages = second.until("progress");
  ASSERT_EQ(messages.size(), 4U);
  rows.clear();
  for (size_t i = 1; i < 3; ++i) rows[messages[i]["key"]["K"]] = messages[i]["row"]["N"];
  EXPECT_EQ(rows, (std::map<std::string, int>{{"a", 3}, {"b", 4}}));
  insert("t", "c", 5);
  expect_change(first.next(), "upsert", Json::parse(R"({"K":"c","N":5})"));
  expect_change(second.next(), "upsert", Json::parse(R"({"K":"c","N":5})"));
}

// Who subscribes after a statement has changed what a name stands for shares nothing with those before.
TEST_F(Live, ColumnsThatCameAreSeenByThoseWhoComeLater) {
  WebSocketClient before(url(), "/v1/live");
  before.send(subscribe("SELECT * FROM s"));
  EXPECT_EQ(before.next()["schema"].size(), 2U);
  execute_well("ALTER STREAM s ADD COLUMN m INT;");
  WebSocketClient after(url(), "/v1/live");
  after.send(subscribe("SELECT * FROM s"));
  EXPECT_EQ(after.next()["schema"].size(), 3U);
  insert("s", "a", 1);
  expect_change(before.next(), "insert", Json::parse(R"({"K":"a","N":1})"));
  expect_change(after.next(), "insert", Json::parse(R"({"K":"a","N":1,"M":null})"));
  execute_well("DROP STREAM s; CREATE STREAM s (m STRING) WITH (kafka_topic = 's', value_format = 'JSON');");
  WebSocketClient anew(url(), "/v1/live");
  anew.send(subscribe("SELECT * FROM s"));
  EXPECT_EQ(anew.next()["schema"].size(), 1U);
}

TEST_F(Live, WhatLeavesTheResultOfAConditionIsDeleted) {
  insert("t", "a", 1);
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT k, n FROM t WHERE n < 10"));
  EXPECT_EQ(client.until("progress").size(), 3U);
  insert("t", "b", 50);  // never was in it: no change
  insert("t", "a", 20);
  const Json gone = client.next();
  expect_change(gone, "delete", nullptr);
  EXPECT_EQ(gone["key"], Json::parse(R"({"K":"a"})"));
  // It is not in the snapshot of who comes later.
  WebSocketClient later(url(), "/v1/live");
  later.send(subscribe("SELECT k, n FROM t WHERE n < 10"));
  EXPECT_EQ(later.until("progress").size(), 2U);
}

TEST_F(Live, WindowsAreTellApartByTheirBounds) {
  execute_well("CREATE TABLE w AS SELECT k, COUNT(*) AS c FROM s WINDOW TUMBLING (SIZE 1 SECOND) GROUP BY k;");
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT * FROM w"));
  EXPECT_EQ(client.until("progress").size(), 2U);
  insert("s", "a", 1);
  insert("s", "a", 1500);
  const Json first = client.next();
  EXPECT_EQ(first["window"], Json::parse(R"({"start":1000,"end":2000})")) << first;
  EXPECT_EQ(client.next()["window"], Json::parse(R"({"start":2000,"end":3000})"));
}

TEST_F(Live, ProgressComesAlsoWhenNothingChangesAndACursorGoesOnBehindIt) {
  std::string cursor;
  {
    WebSocketClient client(url(), "/v1/live");
    client.send(subscribe("SELECT k, n FROM s WHERE n >= 0", R"(, "progress": "100ms")"));
    EXPECT_EQ(client.next()["type"], "hello");
    insert("s", "a", 1);
    insert("s", "b", 2);
    client.next();
    client.next();
    for (int i = 0; i < 3; ++i) {
      const auto messages = client.until("progress");
      ASSERT_EQ(messages.size(), 1U);
      cursor = messages[0]["cursor"];
      EXPECT_EQ(messages[0]["time"], 1002);
    }
  }
  insert("s", "c", 3);
  insert("s", "d", 4);
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT k, n FROM s WHERE n >= 0", fmt::format(R"(, "cursor": "{}")", cursor)));
  EXPECT_EQ(client.next()["type"], "hello");
  expect_change(client.next(), "insert", Json::parse(R"({"K":"c","N":3})"));
  expect_change(client.next(), "insert", Json::parse(R"({"K":"d","N":4})"));
  insert("s", "e", 5);
  expect_change(client.next(), "insert", Json::parse(R"({"K":"e","N":5})"));
}

TEST_F(Live, CursorsThatLeadNowhereAreRefused) {
  WebSocketClient client(url(), "/v1/live");
  const auto refused = [&](const std::string& sql, const std::string& cursor) {
    client.send(subscribe(sql, fmt::format(R"(, "cursor": "{}")", cursor)));
    return client.next();
  };
  EXPECT_EQ(refused("SELECT * FROM s", "nonsense")["code"], "value_invalid");
  EXPECT_EQ(refused("SELECT * FROM s", "1.3e8.0-")["code"], "position_lost");
  EXPECT_EQ(refused("SELECT * FROM s", "1.ffffffffffffffffff.0")["code"], "value_invalid");
  EXPECT_EQ(refused("SELECT * FROM s", "1.1.0-0-0")["code"], "position_lost");
  EXPECT_EQ(refused("SELECT k, COUNT(*) FROM s GROUP BY k", "1.1.0")["code"], "operation_forbidden");
}

TEST_F(Live, ConflatedTheLastOfEachKeyComes) {
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT k, n FROM s", R"(, "conflate": "300ms")"));
  EXPECT_EQ(client.next()["type"], "hello");
  for (int n = 0; n < 100; ++n) insert("s", n % 2 == 0 ? "even" : "odd", n);
  int messages = 0;
  std::map<std::string, int> last;
  while (last["odd"] != 99 || last["even"] != 98) {
    const Json message = client.next(5s);
    ASSERT_FALSE(message.is_null());
    EXPECT_EQ(message["op"], "upsert");
    last[message["key"]["K"]] = message["row"]["N"];
    ++messages;
  }
  EXPECT_LT(messages, 40);
}

TEST_F(Live, WhatIsConflatedComesBeforeTheEnd) {
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT k, n FROM s LIMIT 5", R"(, "conflate": "3600s")"));
  EXPECT_EQ(client.next()["type"], "hello");
  for (int n = 0; n < 5; ++n) insert("s", n % 2 == 0 ? "even" : "odd", n);
  std::map<std::string, int> last;
  for (int i = 0; i < 2; ++i) {
    const Json message = client.next();
    ASSERT_EQ(message.value("type", ""), "change") << message;
    last[message["key"]["K"]] = message["row"]["N"];
  }
  EXPECT_EQ(last, (std::map<std::string, int>{{"even", 4}, {"odd", 3}}));
  EXPECT_EQ(client.next()["type"], "end");
}

TEST_F(Live, WhatWentMeanwhileIsToldBehindACursor) {
  insert("t", "a", 1);
  std::string cursor;
  {
    WebSocketClient client(url(), "/v1/live");
    client.send(subscribe("SELECT k, n FROM t WHERE n < 10"));
    cursor = client.until("progress").back()["cursor"];
  }
  insert("t", "a", 20);
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT k, n FROM t WHERE n < 10", fmt::format(R"(, "cursor": "{}")", cursor)));
  EXPECT_EQ(client.next()["type"], "hello");
  const Json gone = client.next();
  expect_change(gone, "delete", nullptr);
  EXPECT_EQ(gone["key"], Json::parse(R"({"K":"a"})"));
}

class LiveLittleKept : public Live {
 protected:
  LiveLittleKept() {
    settings.emplace_back("live.buffer.bytes=20000");
    settings.emplace_back("auto.offset.reset=earliest");
  }
};

// A feed of its own that keeps little goes on also for who takes keys, not changes.
TEST_F(LiveLittleKept, ALargeSnapshotOfAQueryWithState) {
  constexpr int keys = 3000;
  std::string lines;
  for (int n = 0; n < 3 * keys; ++n) lines += fmt::format(R"({{"k": "k{}", "n": {}}})", n % keys, n) + "\n";
  ASSERT_EQ(post_records("s", lines, "application/x-ndjson").body["committed"], 3 * keys);
  for (const char* more : {"", R"(, "conflate": "200ms")"}) {
    SCOPED_TRACE(more);
    WebSocketClient client(url(), "/v1/live");
    client.send(subscribe("SELECT k, COUNT(*) AS c FROM s GROUP BY k", more));
    EXPECT_EQ(client.next()["type"], "hello");
    std::map<std::string, int> counts;
    int complete = 0;
    while (complete < keys) {
      const Json message = client.next(20s);
      ASSERT_FALSE(message.is_null()) << complete;
      const int count = message["row"]["C"];
      if (count == 3 && counts[message["key"]["K"]] < 3) ++complete;
      counts[message["key"]["K"]] = count;
    }
  }
}

TEST_F(Live, ManySubscriptionsOnOneSocketAndTheirEnds) {
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT n FROM s WHERE n > 10", R"(, "id": "big")"));
  client.send(subscribe("SELECT n FROM s WHERE n <= 10", R"(, "id": "small")"));
  client.send(subscribe("SELECT n FROM s LIMIT 1", R"(, "id": "one")"));
  client.send(subscribe("SELECT x FROM s", R"(, "id": "wrong")"));
  client.send(subscribe("SELECT n FROM s", R"(, "id": "big")"));
  std::map<std::string, Json> answers;
  for (int i = 0; i < 5; ++i) {
    const Json message = client.next();
    answers[message["id"].get<std::string>() + " " + message["type"].get<std::string>()] = message;
  }
  EXPECT_TRUE(answers.contains("big hello") && answers.contains("small hello") && answers.contains("one hello"));
  EXPECT_EQ(answers["wrong error"]["code"], "column_unknown");
  EXPECT_EQ(answers["wrong error"]["column"], 8);
  EXPECT_THAT(answers["big error"]["message"].get<std::string>(), HasSubstr("unsubscribe it first"));
  insert("s", "a", 5);
  std::set<std::string> got;
  for (int i = 0; i < 3; ++i) {
    const Json message = client.next();
    got.insert(message["id"].get<std::string>() + " " + message["type"].get<std::string>());
  }
  EXPECT_EQ(got, (std::set<std::string>{"small change", "one change", "one end"}));
  client.send(R"({"unsubscribe": "small"})");
  const Json end = client.next();
  EXPECT_EQ(end["id"], "small");
  EXPECT_EQ(end["type"], "end");
  insert("s", "a", 6);
  insert("s", "a", 60);
  const Json change = client.next();
  EXPECT_EQ(change["id"], "big");
  EXPECT_EQ(change["row"]["N"], 60);
  client.send(R"({"unsubscribe": "small"})");
  EXPECT_EQ(client.next()["code"], "query_unknown");
}

TEST_F(Live, MessagesThatSayNothingAreAnswered) {
  WebSocketClient client(url(), "/v1/live");
  for (const char* message : {"no json", "[]", "{}", R"({"subscribe": 5})", R"({"subscribe": "SELECT 1", "id": ""})",
                              R"({"subscribe": "SELECT * FROM s", "slow": "never"})",
                              R"({"subscribe": "SELECT * FROM s", "conflate": "1 week"})",
                              R"({"subscribe": "SELECT n FROM s", "conflate": "1s"})",
                              R"({"subscribe": "CREATE STREAM x (a INT) WITH ();"})"}) {
    SCOPED_TRACE(message);
    client.send(message);
    const Json answer = client.next(10s);
    EXPECT_EQ(answer.value("type", ""), "error") << answer;
    EXPECT_FALSE(answer.value("message", "").empty());
  }
  client.send(subscribe("SELECT n FROM s"));  // and the socket goes on
  EXPECT_EQ(client.next()["type"], "hello");
}

TEST_F(Live, ServerSentEvents) {
  shell::HttpExchange exchange(url());
  exchange.send("GET",
                "/v1/live?progress=100ms&auto.offset.reset=earliest&sql=" + percent_encoded("SELECT k, n FROM s"),
                "text/event-stream", "");
  insert("s", "a", 1);
  std::string body;
  while (body.find("\"time\":1001,") == std::string::npos)
    ASSERT_EQ(exchange.read(body, 10s), shell::HttpExchange::Event::bytes);
  EXPECT_EQ(exchange.status(), 200);
  EXPECT_TRUE(body.starts_with("event: hello\ndata: {\"type\":\"hello\",")) << body;
  EXPECT_THAT(body, HasSubstr("\n\nevent: change\ndata: {\"type\":\"change\",\"op\":\"insert\",\"key\":{\"K\":\"a\"},"
                              "\"row\":{\"K\":\"a\",\"N\":1},\"time\":1001}\n\n"));
  // A browser sends the last id that it heard when it connects again.
  EXPECT_THAT(body, HasSubstr("event: progress\nid: 1."));
}

TEST_F(Live, JsonLinesAndTheirMistakes) {
  shell::HttpExchange exchange(url());
  exchange.send("POST", "/v1/live", "*/*",
                R"({"sql": "SELECT k, n FROM s LIMIT 1", "properties": {"auto.offset.reset": "earliest"}})");
  insert("s", "a", 1);
  const std::string body = exchange.read_all();
  EXPECT_THAT(body, HasSubstr("{\"type\":\"change\",\"op\":\"insert\",\"key\":{\"K\":\"a\"},\"row\":{\"K\":\"a\",\"N\":"
                              "1},\"time\":1001}\n"));
  EXPECT_TRUE(body.ends_with("{\"type\":\"end\",\"message\":\"Limit Reached\"}\n")) << body;
  const Answer wrong = get(url(), "/v1/live?sql=" + percent_encoded("SELECT nn FROM s"));
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.body["code"], "column_unknown");
  EXPECT_EQ(get(url(), "/v1/live").status, 400);
}

TEST_F(Live, AFrozenSubscriberOfEachKindSlowsNobody) {
  // None of these reads.
  std::vector<std::unique_ptr<WebSocketClient>> frozen;
  for (const char* slow : {"wait", "conflate", "drop", "disconnect"}) {
    frozen.push_back(std::make_unique<WebSocketClient>(url(), "/v1/live"));
    frozen.back()->send(subscribe("SELECT k, n, '" + std::string(1000, 'x') + "' AS pad FROM s",
                                  fmt::format(R"(, "slow": "{}")", slow)));
    EXPECT_EQ(frozen.back()->next()["type"], "hello");
  }
  WebSocketClient reader(url(), "/v1/live");
  reader.send(subscribe("SELECT k, n FROM s"));
  EXPECT_EQ(reader.next()["type"], "hello");
  constexpr int rows = 60'000;
  const size_t resident = server().resident_bytes();
  for (int n = 0; n < rows;) {
    std::string lines;
    for (int i = 0; i < 5000; ++i, ++n) lines += fmt::format(R"({{"k": "k{}", "n": {}}})", n % 7, n) + "\n";
    ASSERT_EQ(post_records("s", lines, "application/x-ndjson").body["committed"], 5000);
  }
  std::set<int> seen;
  while (seen.size() < rows) {
    const Json message = reader.next(20s);
    ASSERT_FALSE(message.is_null()) << seen.size();
    seen.insert(message["row"]["N"].get<int>());
  }
  EXPECT_LT(server().resident_bytes(), resident + memory_factor * (200 << 20));
  // Now they read. Waiting: all of them, in order of each partition.
  std::vector<int> waited(rows, 0);
  for (int i = 0; i < rows; ++i) {
    const Json message = frozen[0]->next(20s);
    ASSERT_EQ(message.value("type", ""), "change") << i << message;
    ++waited[message["row"]["N"].get<size_t>()];
  }
  EXPECT_EQ(waited, std::vector<int>(rows, 1));
  // Conflated: at the end the last of each key, in few messages.
  std::map<std::string, int> last;
  int conflated = 0;
  while (std::accumulate(last.begin(), last.end(), 0, [](int sum, const auto& row) { return sum + row.second; }) !=
         7 * rows - 28) {
    const Json message = frozen[1]->next(20s);
    ASSERT_FALSE(message.is_null());
    last[message["key"]["K"]] = message["row"]["N"];
    ++conflated;
  }
  EXPECT_LT(conflated, rows);
  // Dropped: what came and what was missed are all.
  int64_t dropped = 0, came = 0;
  while (dropped + came < rows) {
    const Json message = frozen[2]->next(20s);
    ASSERT_FALSE(message.is_null()) << dropped << " " << came;
    if (message["type"] == "dropped") {
      dropped += message["count"].get<int64_t>();
    } else {
      ++came;
    }
  }
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(dropped + came, rows);
  const auto messages = frozen[3]->until("error", 20s);
  ASSERT_FALSE(messages.empty());
  EXPECT_EQ(messages.back()["code"], "limit_exceeded");
}

TEST_F(Live, AThousandSubscribersAndOneThatIsFrozen) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  constexpr size_t subscribers = 1000;
  constexpr int rows = 200;
  std::vector<std::unique_ptr<WireClient>> sockets;
  for (size_t i = 0; i < subscribers; ++i) {
    sockets.push_back(std::make_unique<WireClient>(static_cast<uint16_t>(std::stoi(url().port))));
    sockets.back()->upgrade("/v1/live");
    sockets.back()->send_text(R"({"subscribe": "SELECT k, n FROM s", "progress": "3600s"})");
  }
  const auto all_have = [&](uint64_t frames) {
    for (int i = 0; i < 3000; ++i) {
      size_t have = 0;
      for (size_t s = 1; s < subscribers; ++s)
        have += sockets[s]->frames() >= frames ? 1 : 0;  // the first is never read
      if (have == subscribers - 1) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  };
  ASSERT_TRUE(all_have(1));
  const size_t resident = server().resident_bytes();
  std::string lines;
  for (int n = 0; n < rows; ++n)
    lines += fmt::format(R"({{"k": "{}{}", "n": {}}})", std::string(4000, 'x'), n % 7, n) + "\n";
  ASSERT_EQ(post_records("s", lines, "application/x-ndjson").body["committed"], rows);
  EXPECT_TRUE(all_have(1 + rows));
  for (size_t s = 1; s < subscribers; ++s) ASSERT_EQ(sockets[s]->frames(), static_cast<uint64_t>(1 + rows));
  // What was sent is shared: no copy for each of them stays.
  EXPECT_LT(server().resident_bytes(), resident + memory_factor * (300 << 20));
}

TEST_F(Live, TheServersEndIsTold) {
  WebSocketClient client(url(), "/v1/live");
  client.send(subscribe("SELECT n FROM s"));
  EXPECT_EQ(client.next()["type"], "hello");
  server().terminate();
  const Json end = client.next(10s);
  EXPECT_EQ(end.value("type", ""), "error");
  EXPECT_EQ(end.value("code", ""), "unavailable");
  EXPECT_FALSE(client.receive(5s));
  EXPECT_EQ(client.close_code(), 1001);
  EXPECT_EQ(server().reap(), 0);
}

TEST_F(Live, OtherRequestsForTheSamePaths) {
  const Answer plain = get(url(), "/ws/query");
  EXPECT_EQ(plain.status, 426);
}

// As ksqlDB's clients read it.
TEST_F(Live, WsQuery) {
  const auto path = [](const std::string& sql) {
    return "/ws/query?request=" +
           percent_encoded(Json{{"ksql", sql}, {"streamsProperties", {{"auto.offset.reset", "earliest"}}}}.dump());
  };
  insert("s", "a", 1);
  insert("s", "a", 2);
  WebSocketClient client(url(), path("SELECT k, n FROM s WHERE n < 3 EMIT CHANGES LIMIT 2;"));
  EXPECT_EQ(client.next(), Json::parse(R"([{"name":"K","schema":{"type":"STRING","fields":null,"memberSchema":null}},
      {"name":"N","schema":{"type":"INTEGER","fields":null,"memberSchema":null}}])"));
  EXPECT_EQ(client.next(), Json::parse(R"({"row":{"columns":["a",1]}})"));
  EXPECT_EQ(client.next(), Json::parse(R"({"row":{"columns":["a",2]}})"));
  EXPECT_EQ(client.next(), Json::parse(R"({"finalMessage":"Limit Reached"})"));
  EXPECT_FALSE(client.receive());
  EXPECT_EQ(client.close_code(), 1000);
  WebSocketClient wrong(url(), path("SELECT nn FROM s EMIT CHANGES;"));
  EXPECT_THAT(wrong.next().value("message", ""), HasSubstr("NN"));
  EXPECT_FALSE(wrong.receive());
  EXPECT_EQ(wrong.close_code(), 1008);
  WebSocketClient nothing(url(), "/ws/query");
  EXPECT_EQ(nothing.next().value("error_code", 0), 40000);
}

}  // namespace
}  // namespace millrace::testing
