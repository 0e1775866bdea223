// Every kind of statement, and what of it arrives in the tree.
#include <thread>

#include "tests/grammar/parse.h"

namespace millrace::syntax {
namespace {

TEST(Statements, CreateStreamWithColumnsAndProperties) {
  auto create = parse_one<CreateSource>(
      "CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS flights (id BIGINT KEY, fare DECIMAL(10, 2), h BYTES "
      "HEADER('trace'),\n"
      "  all_headers ARRAY<STRUCT<key STRING, value BYTES>> HEADERS, `gate` STRING)\n"
      "WITH (kafka_topic='flights', partitions=4, 'wrap_single_value'=false, x=-1.5);");
  EXPECT_FALSE(create.table);
  EXPECT_TRUE(create.or_replace && create.read_only && create.if_not_exists);
  EXPECT_EQ(create.name.text, "FLIGHTS");
  ASSERT_EQ(create.columns.size(), 5u);
  EXPECT_EQ(create.columns[0].role, ColumnRole::key);
  EXPECT_EQ(create.columns[1].type.name, "DECIMAL");
  EXPECT_EQ(create.columns[1].type.parameters, (std::vector<int>{10, 2}));
  EXPECT_EQ(create.columns[2].role, ColumnRole::header);
  EXPECT_EQ(create.columns[2].header, "trace");
  EXPECT_EQ(create.columns[3].role, ColumnRole::headers);
  const TypeName& element = create.columns[3].type.arguments.at(0);
  EXPECT_EQ(element.name, "STRUCT");
  ASSERT_EQ(element.fields.size(), 2u);
  EXPECT_EQ(element.fields[1].text, "VALUE");
  EXPECT_EQ(element.arguments[1].name, "BYTES");
  EXPECT_EQ(create.columns[4].name.text, "gate");
  EXPECT_TRUE(create.columns[4].name.quoted);
  ASSERT_EQ(create.properties.size(), 4u);
  EXPECT_EQ(create.properties[0].name.text, "KAFKA_TOPIC");
  EXPECT_EQ(create.properties[0].value->kind, Expression::Kind::string_literal);
  EXPECT_EQ(create.properties[1].value->text, "4");
  EXPECT_EQ(create.properties[2].name.text, "wrap_single_value");
  EXPECT_EQ(create.properties[2].value->text, "FALSE");
  EXPECT_EQ(create.properties[3].value->kind, Expression::Kind::decimal_literal);
  EXPECT_EQ(create.properties[3].value->text, "-1.5");
}

TEST(Statements, CreateTableWithoutColumns) {
  auto create = parse_one<CreateSource>("create table t with (kafka_topic='t', value_format='json')");
  EXPECT_TRUE(create.table);
  EXPECT_TRUE(create.columns.empty());
  EXPECT_EQ(parse_one<CreateSource>("CREATE TABLE t (id INT PRIMARY KEY);").columns.at(0).role,
            ColumnRole::primary_key);
}

TEST(Statements, CreateAsSelect) {
  auto create = parse_one<CreateAsSelect>(
      "CREATE TABLE late WITH (partitions=2) AS SELECT airport, COUNT(*) AS n FROM flights "
      "WINDOW TUMBLING (SIZE 1 HOUR, GRACE PERIOD 10 MINUTES) GROUP BY airport EMIT FINAL;");
  EXPECT_TRUE(create.table);
  EXPECT_EQ(create.name.text, "LATE");
  EXPECT_EQ(create.properties.size(), 1u);
  ASSERT_TRUE(create.query.window.has_value());
  EXPECT_EQ(create.query.window->size.milliseconds, 3'600'000);
  EXPECT_EQ(create.query.window->grace->milliseconds, 600'000);
  EXPECT_EQ(create.query.emit, Emit::final);
  EXPECT_EQ(create.query.items.at(1).alias->text, "N");
}

TEST(Statements, Insert) {
  auto values = parse_one<InsertValues>("INSERT INTO s (a, `b`) VALUES (1, 'x');");
  EXPECT_EQ(values.target.text, "S");
  ASSERT_EQ(values.columns.size(), 2u);
  EXPECT_EQ(values.columns[1].text, "b");
  EXPECT_EQ(values.values.size(), 2u);
  EXPECT_TRUE(parse_one<InsertValues>("INSERT INTO s VALUES ();").columns.empty());
  auto select = parse_one<InsertSelect>("INSERT INTO s WITH (query_id='q1') SELECT * FROM t EMIT CHANGES;");
  EXPECT_EQ(select.properties.at(0).name.text, "QUERY_ID");
  EXPECT_EQ(select.query.from.name.text, "T");
}

TEST(Statements, DropAlterAndTypes) {
  auto drop = parse_one<Drop>("DROP TABLE IF EXISTS t DELETE TOPIC CASCADE");
  EXPECT_TRUE(drop.table && drop.if_exists && drop.delete_topic && drop.cascade);
  auto plain = parse_one<Drop>("DROP STREAM s");
  EXPECT_FALSE(plain.table || plain.if_exists || plain.delete_topic || plain.cascade);
  auto alter = parse_one<Alter>("ALTER STREAM s ADD COLUMN a INT, ADD column ARRAY<INT>");
  ASSERT_EQ(alter.columns.size(), 2u);
  EXPECT_EQ(alter.columns[1].name.text, "COLUMN");
  EXPECT_EQ(alter.columns[1].type.name, "ARRAY");
  auto type = parse_one<CreateType>("CREATE TYPE IF NOT EXISTS point AS STRUCT<x DOUBLE, y DOUBLE>");
  EXPECT_TRUE(type.if_not_exists);
  EXPECT_EQ(type.type.fields.at(1).text, "Y");
  EXPECT_TRUE(parse_one<DropType>("DROP TYPE IF EXISTS point").if_exists);
}

TEST(Statements, ControlOfQueries) {
  EXPECT_EQ(parse_one<ControlQuery>("TERMINATE q_1").id->text, "Q_1");
  EXPECT_EQ(parse_one<ControlQuery>("TERMINATE QUERY q_1").id->text, "Q_1");
  EXPECT_EQ(parse_one<ControlQuery>("TERMINATE query").id->text, "QUERY");
  auto pause = parse_one<ControlQuery>("PAUSE ALL");
  EXPECT_EQ(pause.action, QueryAction::pause);
  EXPECT_FALSE(pause.id.has_value());
  EXPECT_EQ(parse_one<ControlQuery>("RESUME `q`").action, QueryAction::resume);
}

TEST(Statements, ShowAndDescribe) {
  const std::pair<const char*, Showable> all[] = {
      {"STREAMS", Showable::streams},       {"TABLES", Showable::tables},      {"TOPICS", Showable::topics},
      {"QUERIES", Showable::queries},       {"TYPES", Showable::types},        {"FUNCTIONS", Showable::functions},
      {"PROPERTIES", Showable::properties}, {"VARIABLES", Showable::variables}};
  for (auto [word, what] : all) {
    EXPECT_EQ(parse_one<Show>("SHOW " + std::string(word)).what, what);
    EXPECT_EQ(parse_one<Show>("LIST " + std::string(word) + ";").what, what);
  }
  auto topics = parse_one<Show>("SHOW ALL TOPICS EXTENDED");
  EXPECT_TRUE(topics.all && topics.extended);
  EXPECT_TRUE(parse_one<Describe>("DESCRIBE s EXTENDED").extended);
  EXPECT_TRUE(parse_one<DescribeAll>("DESCRIBE TABLES EXTENDED").tables);
  EXPECT_EQ(parse_one<DescribeFunction>("DESCRIBE FUNCTION lcase").name.text, "LCASE");
}

TEST(Statements, Explain) {
  EXPECT_EQ(parse_one<Explain>("EXPLAIN ctas_1").id->text, "CTAS_1");
  EXPECT_TRUE(parse_one<Explain>("EXPLAIN ANALYZE ctas_1").analyze);
  auto explain = parse_one<Explain>("EXPLAIN  SELECT a\nFROM s;");
  ASSERT_NE(explain.statement, nullptr);
  EXPECT_EQ(explain.statement->text, "SELECT a\nFROM s");
  EXPECT_EQ(explain.statement->position.column, 10);
  EXPECT_TRUE(std::holds_alternative<CreateAsSelect>(
      parse_one<Explain>("EXPLAIN CREATE STREAM x AS SELECT a FROM s").statement->body));
}

TEST(Statements, SettingsVariablesAndScripts) {
  auto set = parse_one<SetProperty>("SET 'auto.offset.reset' = 'earliest'");
  EXPECT_EQ(set.property.name.text, "auto.offset.reset");
  EXPECT_EQ(set.property.value->text, "earliest");
  EXPECT_EQ(parse_one<UnsetProperty>("UNSET 'auto.offset.reset'").name.text, "auto.offset.reset");
  auto define = parse_one<Define>("DEFINE topic = 'it''s'");
  EXPECT_EQ(define.name.text, "TOPIC");
  EXPECT_EQ(define.value, "it's");
  EXPECT_EQ(parse_one<Undefine>("UNDEFINE topic").name.text, "TOPIC");
  EXPECT_EQ(parse_one<RunScript>("RUN SCRIPT 'a/b.sql'").path, "a/b.sql");
}

TEST(Statements, PrintKeepsTheCaseOfTopics) {
  auto print = parse_one<Print>("PRINT myTopic FROM BEGINNING INTERVAL 5 LIMIT 10");
  EXPECT_EQ(print.topic.text, "myTopic");
  EXPECT_TRUE(print.from_beginning);
  EXPECT_EQ(print.interval, 5);
  EXPECT_EQ(print.limit, 10);
  EXPECT_EQ(parse_one<Print>("PRINT 'my-topic' SAMPLE 2").topic.text, "my-topic");
}

TEST(Statements, Assert) {
  auto topic = parse_one<AssertTopic>("ASSERT NOT EXISTS TOPIC Orders WITH (partitions=3) TIMEOUT 10 SECONDS");
  EXPECT_TRUE(topic.absent);
  EXPECT_EQ(topic.topic.text, "Orders");
  EXPECT_EQ(topic.timeout->milliseconds, 10'000);
  auto schema = parse_one<AssertSchema>("ASSERT SCHEMA SUBJECT 'orders-value' ID 7");
  EXPECT_EQ(schema.subject->text, "orders-value");
  EXPECT_EQ(schema.id, 7);
  auto values = parse_one<AssertValues>("ASSERT VALUES s (a, b) VALUES (1, 2)");
  EXPECT_FALSE(values.tombstone);
  EXPECT_EQ(values.values.size(), 2u);
  EXPECT_TRUE(parse_one<AssertValues>("ASSERT NULL VALUES s (k) KEY (1)").tombstone);
  EXPECT_TRUE(parse_one<AssertSource>("ASSERT TABLE t (k INT PRIMARY KEY) WITH (kafka_topic='t')").expected.table);
}

TEST(Statements, TextAndPositionOfEach) {
  auto statements = parse_all(";; -- first\n  SHOW STREAMS ;\r\n\tDROP STREAM /* x */ s; ;");
  ASSERT_EQ(statements.size(), 2u);
  EXPECT_EQ(statements[0].text, "SHOW STREAMS");
  EXPECT_EQ(statements[0].position.line, 2);
  EXPECT_EQ(statements[0].position.column, 3);
  EXPECT_EQ(statements[1].text, "DROP STREAM /* x */ s");
  EXPECT_EQ(statements[1].position.line, 3);
  EXPECT_EQ(statements[1].position.column, 2);
  EXPECT_TRUE(parse_all("").empty());
}

TEST(Statements, AreParsedByManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::atomic<int> parsed = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 100; ++j) {
        std::string text = "SELECT a FROM s WHERE b LIKE 'x' ESCAPE 'y' LIMIT ";
        text += std::to_string(i * 100 + j);
        auto statements = parse_statements(text);
        auto* select = std::get_if<Select>(&std::get<0>(statements).at(0).body);
        parsed += select != nullptr && select->query.limit == i * 100 + j ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(parsed, 400);
}

TEST(Statements, WordsThatNeedNotBeReservedAreNames) {
  for (const char* word : {"cascade", "topic",    "stream", "table",     "source",  "key",  "type",  "size",
                           "final",   "changes",  "emit",   "partition", "timeout", "date", "time",  "timestamp",
                           "session", "interval", "id",     "query",     "values_", "map",  "array", "struct"}) {
    auto named = [&](std::string text) {
      for (size_t at = 0; (at = text.find('?', at)) != std::string::npos;) text.replace(at, 1, word);
      return text;
    };
    parse_one<CreateSource>(named("CREATE STREAM ? (? STRING KEY, x INT)"));
    auto select = parse_one<Select>(named("SELECT ?, t.? AS ? FROM ? AS ? WHERE ? < 3 EMIT CHANGES"));
    EXPECT_EQ(select.query.items.size(), 2u);
  }
}

}  // namespace
}  // namespace millrace::syntax
