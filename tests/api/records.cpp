// POST /v1/streams/{name}/records.
#include <fmt/format.h>

#include "tests/api/api_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

class Records : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    execute_well(
        "CREATE STREAM s (id BIGINT KEY, name STRING, x DOUBLE, n INTEGER, b BOOLEAN, d DECIMAL(6, 2), a "
        "ARRAY<INTEGER>)"
        " WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');");
  }
  size_t count() { return rows("SELECT id FROM s;").size(); }
};

TEST_F(Records, OneObjectAnArrayOrOneObjectAfterTheOther) {
  EXPECT_EQ(post_records("s", R"({"id": 1})").body, Json::parse(R"({"committed": 1, "rejected": []})"));
  EXPECT_EQ(post_records("s", R"([{"id": 2}, {"id": 3, "name": "a ] } \" b"}])").body["committed"], 2);
  EXPECT_EQ(post_records("s", "{\"id\": 4}\n{\n  \"id\": 5\n}", "application/x-www-form-urlencoded").body["committed"],
            2);
  EXPECT_EQ(post_records("s", "{\"id\": 6}\n\n{\"id\": 7}\n", "application/x-ndjson").body["committed"], 2);
  EXPECT_EQ(post_records("s", "[]").body["committed"], 0);
  std::vector<Json> expected;
  for (int id = 1; id <= 7; ++id) expected.push_back(Json::array({id}));
  EXPECT_EQ(rows("SELECT id FROM s;"), expected);
}

TEST_F(Records, ValuesArriveAsTheyWereSent) {
  const auto answer = post_records("S", R"([
      {"id": 9007199254740993, "name": "'a,b.c' 33.5 é 😀", "x": 33.5, "n": -2147483648, "b": true, "d": 1234.50, "a": [1, null]},
      {"ID": -9223372036854775808, "X": -0.0, "NAME": null},
      {"`id`": 1}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["committed"], 2);
  const auto got = rows("SELECT * FROM s;");
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].dump(), R"([9007199254740993,"'a,b.c' 33.5 é 😀",33.5,-2147483648,true,1234.5,[1,null]])");
  EXPECT_EQ(got[1].dump(), R"([-9223372036854775808,null,-0.0,null,null,null,null])");
}

TEST_F(Records, CsvIsTypedByTheColumns) {
  const auto answer = post_records("s",
                                   "id,Name,x,b,a,ROWTIME\r\n"
                                   "1,\"a, \"\"b\"\"\nc\",2.5,TRUE,\"[1,2]\",5000\r\n"
                                   "2,,,,,\n"
                                   "3,\"\",1e3,false,,\n"
                                   "4,x,no number,,,\n"
                                   "5,x\n",
                                   "text/csv; charset=utf-8");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["committed"], 3);
  ASSERT_EQ(answer.body["rejected"].size(), 2U) << answer.body;
  EXPECT_EQ(answer.body["rejected"][0]["index"], 3);
  EXPECT_EQ(answer.body["rejected"][0]["code"], "type_mismatch");
  EXPECT_EQ(answer.body["rejected"][1]["index"], 4);
  EXPECT_THAT(answer.body["rejected"][1]["message"], HasSubstr("line 7 of the body: expected 6 cells, got 2"));
  const auto got = rows("SELECT id, name, x, b, a FROM s;");
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].dump(), R"([1,"a, \"b\"\nc",2.5,true,[1,2]])");
  EXPECT_EQ(got[1].dump(), R"([2,null,null,null,null])");
  EXPECT_EQ(got[2].dump(), R"([3,"",1000.0,false,null])");
  EXPECT_EQ(rows("SELECT ROWTIME FROM s WHERE id = 1;"), std::vector<Json>{Json::array({5000})});
}

TEST_F(Records, RejectedRowsAreNamedTheOthersAreIn) {
  const auto answer =
      post_records("s", R"([{"id": 1}, {"id": "x"}, {"id": 3, "nmae": "a"}, {"id": 4}, {"id": 5, "n": 2147483648}])");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body["committed"], 2);
  ASSERT_EQ(answer.body["rejected"].size(), 3U) << answer.body;
  EXPECT_EQ(answer.body["rejected"][0]["index"], 1);
  EXPECT_EQ(answer.body["rejected"][0]["code"], "type_mismatch");
  EXPECT_EQ(answer.body["rejected"][1]["index"], 2);
  EXPECT_EQ(answer.body["rejected"][1]["code"], "column_unknown");
  EXPECT_EQ(answer.body["rejected"][1]["message"], "there is no column \"nmae\" (did you mean NAME?)");
  EXPECT_EQ(answer.body["rejected"][2]["index"], 4);
  EXPECT_EQ(count(), 2U);
}

TEST_F(Records, WhereNoneIsTakenTheStatusSaysSo) {
  const auto answer = post_records("s", R"({"id": 1, "n": "many"})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body["committed"], 0);
  EXPECT_EQ(answer.body["rejected"][0]["index"], 0);
  EXPECT_EQ(count(), 0U);
}

TEST_F(Records, NoBodyIsAMistakeNoRowsAreNone) {
  EXPECT_EQ(post_records("s", "").status, 400);
  const auto none = post_records("s", "[]");
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(none.body["committed"], 0);
}

TEST_F(Records, TimesAreThoseThatWindowsAreMadeOf) {
  const auto answer = post_records("s", R"([{"id": 1, "ROWTIME": -1}, {"id": 2, "ROWTIME": 9223372036854775807},
                                            {"id": 3, "ROWTIME": 0}, {"id": 4, "ROWTIME": 253402300799999}])");
  EXPECT_EQ(answer.body["committed"], 2);
  ASSERT_EQ(answer.body["rejected"].size(), 2U) << answer.body;
  EXPECT_EQ(answer.body["rejected"][0]["code"], "value_invalid");
  EXPECT_EQ(answer.body["rejected"][1]["message"],
            "ROWTIME is a time from 1970 to 9999 in milliseconds, not 9223372036854775807");
}

TEST_F(Records, ReceivedIsAnsweredBeforeTheCommit) {
  const auto answer = post_records("s", R"([{"id": 1}, {"id": "x"}, {"id": 2}])", "application/json", "?ack=received");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body["received"], 2);
  EXPECT_EQ(answer.body["rejected"][0]["index"], 1);
  for (int i = 0; i < 500 && count() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(count(), 2U);
}

TEST_F(Records, TenThousandInOneRequest) {
  std::string array = "[", lines, csv = "id,name\n";
  for (int i = 0; i < 10'000; ++i) {
    array += fmt::format("{}{{\"id\": {}, \"name\": \"name {}\"}}", i == 0 ? "" : ",", i, i);
    lines += fmt::format("{{\"id\": {}}}\n", i);
    csv += fmt::format("{},name {}\n", i, i);
  }
  EXPECT_EQ(post_records("s", array + "]").body["committed"], 10'000);
  EXPECT_EQ(post_records("s", lines, "application/x-ndjson").body["committed"], 10'000);
  EXPECT_EQ(post_records("s", csv, "text/csv").body["committed"], 10'000);
  EXPECT_EQ(count(), 30'000U);
}

TEST_F(Records, WhatCannotBeTakenApartIsRefusedWholeWithItsPlace) {
  struct Case {
    std::string body, content_type, message;
  };
  const std::vector<Case> cases = {
      {R"([{"id": 1} {"id": 2}])", "application/json", "byte 12 of the body: expected ',' or ']', got '{'"},
      {R"([{"id": 1})", "application/json", "expected ',' or ']', got the end"},
      {R"([{"id": 1}] x)", "application/json", "expected nothing after the array, got 'x'"},
      {R"({"id": 1)", "application/json", "byte 1 of the body: the object that begins here does not end"},
      {R"([1, 2])", "application/json", "byte 2 of the body: expected a row as a JSON object, got '1'"},
      {"id,nmae\n1,x\n", "text/csv", "there is no column nmae (did you mean NAME?)"},
      {"id,name\n1,\"x\n", "text/csv", "line 2 of the body: a quote is not closed"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.body);
    const auto answer = post_records("s", one.body, one.content_type);
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.body.value("message", ""), HasSubstr(one.message));
  }
  EXPECT_EQ(count(), 0U);
}

// In time that grows with them, not with their square.
TEST_F(Records, AHundredThousandBadLines) {
  std::string csv = "id,name\n";
  for (int i = 0; i < 100'000; ++i) csv += "1\n";
  const auto answer = post_records("s", csv, "text/csv");
  EXPECT_EQ(answer.body["rejected"].size(), 1000U);
  EXPECT_EQ(answer.body["rejected_count"], 100'000);
  EXPECT_THAT(answer.body["rejected"][999]["message"].get<std::string>(), HasSubstr("line 1001 of the body"));
}

TEST_F(Records, TargetsThatAreNotThereAndParametersThatAreNone) {
  const auto unknown = post_records("sx", R"({"id": 1})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body["message"], HasSubstr("did you mean S?"));
  EXPECT_EQ(post_records("SYS_ERRORS", R"({"id": 1})").status, 403);
  EXPECT_THAT(post_records("s", "{}", "application/json", "?ack=maybe").body["message"],
              HasSubstr("commit or received"));
  EXPECT_THAT(post_records("s", "{}", "application/json", "?akc=commit").body["message"], HasSubstr("akc"));
  EXPECT_EQ(post_records("s", std::string(9 << 20, ' ')).status, 413);
}

}  // namespace
}  // namespace millrace::testing
