// SHOW, DESCRIBE, EXPLAIN, and what sessions and the server keep, as clients see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "connectors/memory_log.h"
#include "server/engine.h"
#include "server/result_json.h"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using namespace std::chrono_literals;

class ListingsTest : public testing::Test {
 protected:
  ListingsTest() : log_(make_memory_log()) {
    start();
    answer(
        "CREATE STREAM s (id STRING KEY, v INT, ts BIGINT)"
        " WITH (kafka_topic = 's', partitions = 2, value_format = 'JSON', timestamp = 'ts');");
    answer("CREATE TABLE t AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY id;");
    answer("CREATE STREAM big AS SELECT * FROM s WHERE v > 10;");
  }

  void start() {
    engine_.reset();
    EngineOptions options;
    options.service_id = "x";
    engine_ = Engine::open(options, log_);
  }
  // What the last statement answers.
  Json answer(const std::string& sql) {
    const Engine::Execution execution = engine_->execute(session_, sql);
    if (execution.failure) return execution.failure->error.message();
    return result_json(execution.results.back());
  }
  static std::vector<std::string> each(const Json& list, const char* member) {
    std::vector<std::string> texts;
    for (const Json& row : list)
      texts.push_back(row.at(member).is_string() ? row.at(member).get<std::string>() : row.at(member).dump());
    return texts;
  }

  std::shared_ptr<Log> log_;
  std::unique_ptr<Engine> engine_;
  Session session_;
};

using Texts = std::vector<std::string>;

TEST_F(ListingsTest, SourcesAndTheServersOwn) {
  EXPECT_EQ(each(answer("SHOW STREAMS;").at("streams"), "name"), (Texts{"BIG", "S"}));
  EXPECT_THAT(each(answer("SHOW ALL STREAMS;").at("streams"), "name"), testing::Contains("SYS_ERRORS"));
  EXPECT_EQ(each(answer("LIST TABLES;").at("tables"), "name"), Texts{"T"});
}

TEST_F(ListingsTest, ExtendedSourcesAreDescriptions) {
  answer("INSERT INTO s VALUES ('a', 11, 5);");
  ASSERT_TRUE(engine_->settle(10s));
  const Json streams = answer("SHOW STREAMS EXTENDED;");
  EXPECT_EQ(streams.at("@type"), "source_descriptions");
  const Json& rows = streams.at("sourceDescriptions");
  EXPECT_EQ(each(rows, "name"), (Texts{"BIG", "S"}));
  EXPECT_EQ(each(rows, "madeBy"), (Texts{"CSAS_BIG_2", "null"}));
  const Json& s = rows.at(1);
  EXPECT_EQ(each(s.at("fields"), "name"), (Texts{"ID", "V", "TS"}));
  EXPECT_EQ(each(s.at("readQueries"), "id"), (Texts{"CSAS_BIG_2", "CTAS_T_1"}));
  EXPECT_EQ(s.at("offsets").size(), 2U);
  EXPECT_EQ(s.at("offsets")[0].at("end").get<int>() + s.at("offsets")[1].at("end").get<int>(), 1);
  const Json tables = answer("DESCRIBE TABLES;");
  EXPECT_EQ(each(tables.at("sourceDescriptions"), "windowType"), Texts{"TUMBLING"});
  EXPECT_FALSE(tables.at("sourceDescriptions")[0].contains("offsets"));
  EXPECT_EQ(answer("DESCRIBE t EXTENDED;").at("sourceDescription").at("windowSizeMs"), 3'600'000);
  EXPECT_EQ(answer("DESCRIBE sys_errors;").at("sourceDescription").at("system"), true);
  EXPECT_EQ(answer("DESCRIBE bog;"), "Could not find STREAM/TABLE 'BOG' (did you mean BIG?)");
}

TEST_F(ListingsTest, Topics) {
  answer("INSERT INTO s VALUES ('a', 1, 5);");
  EXPECT_EQ(each(answer("SHOW TOPICS;").at("topics"), "name"), (Texts{"BIG", "T", "s"}));
  EXPECT_THAT(each(answer("SHOW ALL TOPICS;").at("topics"), "name"), testing::Contains("_millrace_x_state"));
  const Json extended = answer("LIST TOPICS EXTENDED;");
  EXPECT_EQ(extended.at("@type"), "kafka_topics_extended");
  const Json& s = extended.at("topics").at(2);
  EXPECT_EQ(s, Json::parse(R"({"name": "s", "replicaInfo": [1, 1], "consumerCount": 4, "consumerGroupCount": 2,
                               "records": 1})"));
}

TEST_F(ListingsTest, QueriesWithTheirState) {
  answer("INSERT INTO s VALUES ('a', 11, 5);");
  ASSERT_TRUE(engine_->settle(10s));
  EXPECT_EQ(each(answer("SHOW QUERIES;").at("queries"), "state"), (Texts{"RUNNING", "RUNNING"}));
  const Json extended = answer("SHOW QUERIES EXTENDED;");
  EXPECT_EQ(extended.at("@type"), "query_descriptions");
  EXPECT_EQ(each(extended.at("queryDescriptions"), "windowType"), (Texts{"null", "TUMBLING"}));
  const std::string plan = extended.at("queryDescriptions")[1].at("executionPlan");
  EXPECT_THAT(plan, HasSubstr("TUMBLING size 3600000 ms"));
  EXPECT_THAT(plan, testing::ContainsRegex("AGGREGATE by .* state of [1-9][0-9]* entries, [1-9][0-9]* bytes"));
  EXPECT_EQ(answer("EXPLAIN CTAS_T_1;").at("queryDescription").at("executionPlan"), plan);
  EXPECT_EQ(answer("EXPLAIN CTAS_T_2;"), "Query with id:CTAS_T_2 does not exist (did you mean CTAS_T_1?)");
}

TEST_F(ListingsTest, ExplainOfAStatementIsNoQuery) {
  const Json push = answer("EXPLAIN SELECT * FROM s EMIT CHANGES;").at("queryDescription");
  EXPECT_EQ(push.at("state"), nullptr);
  EXPECT_EQ(push.at("id"), nullptr);
  EXPECT_EQ(push.at("queryType"), "PUSH");
  EXPECT_FALSE(push.contains("counters"));
  const Json pull = answer("EXPLAIN SELECT * FROM t WHERE id = 'a';").at("queryDescription");
  EXPECT_EQ(pull.at("queryType"), "PULL");
  EXPECT_EQ(pull.at("executionPlan"), "LOOK-UP in T by key, kept by CTAS_T_1\n");
  const Json create = answer("EXPLAIN CREATE STREAM x AS SELECT * FROM s;").at("queryDescription");
  EXPECT_EQ(create.at("queryType"), "PERSISTENT");
  EXPECT_EQ(create.at("state"), nullptr);
  EXPECT_EQ(create.at("sinks"), Json::parse(R"(["X"])"));
}

TEST_F(ListingsTest, Functions) {
  const Json functions = answer("SHOW FUNCTIONS;").at("functions");
  std::map<std::string, std::string> kinds;
  for (const Json& row : functions) kinds[row.at("name")] = row.at("type");
  EXPECT_EQ(kinds["SUBSTRING"], "SCALAR");
  EXPECT_EQ(kinds["COUNT"], "AGGREGATE");
  EXPECT_EQ(kinds["EXPLODE"], "TABLE");
  EXPECT_EQ(answer("DESCRIBE FUNCTION explode;").at("type"), "TABLE");
  EXPECT_THAT(answer("DESCRIBE FUNCTION substrin;").get<std::string>(), HasSubstr("did you mean SUBSTRING?"));
}

TEST_F(ListingsTest, Types) {
  answer("CREATE TYPE point AS STRUCT<x INT, y INT>;");
  start();
  EXPECT_TRUE(answer("SHOW TYPES;").at("types").contains("POINT"));
  EXPECT_THAT(answer("DROP TYPE pont;").get<std::string>(), HasSubstr("did you mean POINT?"));
  answer("DROP TYPE point;");
  EXPECT_TRUE(answer("SHOW TYPES;").at("types").empty());
}

TEST_F(ListingsTest, Variables) {
  EXPECT_EQ(answer("DEFINE place = 's'; SHOW VARIABLES;").at("variables"),
            Json::parse(R"([{"name": "PLACE", "value": "s"}])"));
  EXPECT_EQ(answer("DESCRIBE ${place};").at("sourceDescription").at("name"), "S");
  EXPECT_EQ(answer("UNDEFINE plce;"), "there is no variable PLCE (did you mean PLACE?)");
  EXPECT_TRUE(answer("UNDEFINE place; SHOW VARIABLES;").at("variables").empty());
}

TEST_F(ListingsTest, Properties) {
  auto shown = [this](const std::string& name) {
    const Json properties = answer("SHOW PROPERTIES;").at("properties");
    for (const Json& row : properties)
      if (row.at("name") == name)
        return row.at("value").get<std::string>() + " " + row.at("scope").get<std::string>() +
               (row.at("editable").get<bool>() ? "" : " fixed");
    return std::string("absent");
  };
  EXPECT_EQ(shown("auto.offset.reset"), "latest SERVER");
  EXPECT_EQ(shown("queries.max"), "100000 SERVER fixed");
  EXPECT_EQ(shown("commit.interval.ms"), "100 SERVER");
  answer("SET 'commit.interval.ms' = '7';");
  EXPECT_EQ(shown("commit.interval.ms"), "7 SESSION");
  answer("UNSET 'commit.interval.ms';");
  EXPECT_EQ(shown("commit.interval.ms"), "100 SERVER");
  answer("SET 'ksql.streams.auto.offset.reset' = 'earliest';");
  EXPECT_EQ(shown("auto.offset.reset"), "earliest SESSION");
  answer("UNSET 'auto.offset.reset';");
  EXPECT_EQ(shown("auto.offset.reset"), "latest SERVER");
  EXPECT_EQ(answer("SET 'auto.ofset.reset' = 'earliest';"),
            "there is no property auto.ofset.reset (did you mean auto.offset.reset?)");
  EXPECT_EQ(answer("SET 'auto.offset.reset' = 'first';"),
            "auto.offset.reset is 'earliest' or 'latest', here it is 'first'");
  EXPECT_EQ(answer("UNSET 'auto.ofset.reset';"),
            "there is no property auto.ofset.reset (did you mean auto.offset.reset?)");
  // As clients of the base language send it.
  session_.properties = {{"ksql.streams.auto.offset.reset", "earliest"}};
  EXPECT_THAT(shown("auto.offset.reset"), HasSubstr("earliest"));
}

TEST_F(ListingsTest, AQueryThatFeedsItselfIsWarnedOf) {
  answer("CREATE STREAM a AS SELECT * FROM s;");
  answer("CREATE STREAM b AS SELECT * FROM a;");
  EXPECT_TRUE(answer("CREATE STREAM c AS SELECT * FROM b;").at("warnings").empty());
  EXPECT_THAT(answer("INSERT INTO a SELECT * FROM c;").at("warnings").dump(), HasSubstr("come back to it"));
}

// What ALTER SYSTEM says holds for all sessions that say nothing, and after a restart.
TEST_F(ListingsTest, AlterSystem) {
  EXPECT_THAT(answer("ALTER SYSTEM 'auto.offset.reset' = 'first';").get<std::string>(), HasSubstr("earliest"));
  EXPECT_THAT(answer("ALTER SYSTEM 'queries.max' = '1';").get<std::string>(), HasSubstr("there is no property"));
  EXPECT_EQ(answer("ALTER SYSTEM 'auto.offset.reset' = 'earliest';").at("@type"), "currentStatus");
  answer("INSERT INTO s VALUES ('a', 11, 5);");
  for (int i = 0; i < 2; ++i) {
    session_ = {};
    EXPECT_EQ(answer("SHOW PROPERTIES;").at("properties")[0].at("value"), "earliest");
    answer("CREATE STREAM all" + std::to_string(i) + " AS SELECT * FROM s;");
    ASSERT_TRUE(engine_->settle(10s));
    const Json queries = answer("SHOW QUERIES;").at("queries");
    EXPECT_EQ(queries[0].at("counters").at("rowsIn"), 1) << queries[0];
    start();
  }
}

}  // namespace
}  // namespace millrace
