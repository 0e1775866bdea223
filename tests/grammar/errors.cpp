// What is said about a text that is wrong: where, what was expected, and what may have been meant.
#include "tests/grammar/parse.h"

namespace millrace::syntax {
namespace {

TEST(Errors, SayWhatWasExpectedAndWhatWasFound) {
  SyntaxError error = error_of("SELECT FROM flights;");
  EXPECT_EQ(error.kind, SyntaxError::Kind::unexpected);
  EXPECT_EQ(error.message, "expected a column name or `*` after SELECT, found FROM");
  EXPECT_EQ(error.expected, "a column name or `*`");
  EXPECT_EQ(error.token, "FROM");
  EXPECT_EQ(at(error), "1:8");
  EXPECT_EQ(error_of("SELECT a FROM;").message, "expected the name of a stream or table after FROM, found `;`");
  EXPECT_EQ(error_of("SELECT a FROM").message,
            "expected the name of a stream or table after FROM, found the end of the text");
  EXPECT_EQ(error_of("SELECT a FROM").token, "");
  EXPECT_EQ(error_of("SELECT a FROM t LIMIT x").expected, "a whole number");
  EXPECT_EQ(error_of("CREATE STREAM s (a)").expected, "a type");
  EXPECT_EQ(error_of("SELECT a FROM t JOIN u").expected, "an alias, WITHIN or ON");
  EXPECT_EQ(error_of("12").expected, "a statement");
  EXPECT_EQ(error_of("DROP STREAM IF x").expected, "DELETE TOPIC, CASCADE or the end of the statement");
}

TEST(Errors, NeverListMuch) {
  for (const char* text : {"SELECT a FROM t )", "SELECT a + )", "SHOW x", "ASSERT x", "foo bar",
                           "SELECT a FROM t WHERE a )", "CREATE x"}) {
    SyntaxError error = error_of(text);
    EXPECT_LE(std::count(error.expected.begin(), error.expected.end(), ','), 5) << text << ": " << error.expected;
    EXPECT_LT(error.message.size(), 300u) << error.message;
    EXPECT_FALSE(error.expected.empty());
  }
}

TEST(Errors, SuggestTheNearestKeyword) {
  const struct {
    const char* text;
    const char* suggestion;
    const char* place;
  } cases[] = {
      {"SELEC * FROM t", "SELECT", "1:1"},
      {"SELECT a FORM t", "FROM", "1:10"},
      {"SELECT * FROM t WERE x = 1", "WHERE", "1:17"},
      {"SELECT * FROM t GRUOP BY a", "GROUP", "1:17"},
      {"CREATE STREM s (a INT)", "STREAM", "1:8"},
      {"SELECT * FROM t EMIT CHANGE", "CHANGES", "1:22"},
      {"SELECT * FROM t LIMT 5", "LIMIT", "1:17"},
      {"INSERT INOT t VALUES (1)", "INTO", "1:8"},
      {"DESCRBE t", "DESCRIBE", "1:1"},
      {"SELECT * FROM a JION b ON x = y", "JOIN", "1:17"},
      {"SHOW STEAMS", "STREAMS", "1:6"},
  };
  for (const auto& [text, suggestion, place] : cases) {
    SyntaxError error = error_of(text);
    EXPECT_EQ(error.suggestion, suggestion) << text;
    EXPECT_EQ(at(error), place) << text;
    EXPECT_NE(error.message.find("did you mean " + std::string(suggestion)), std::string::npos) << error.message;
  }
  EXPECT_EQ(error_of("SELECT CAST(a INT) FROM t").suggestion, "");
  EXPECT_EQ(error_of("xyzzy").suggestion, "");
}

TEST(Errors, CommonMistakes) {
  const struct {
    const char* text;
    const char* part;
    const char* place;
  } cases[] = {
      {"SHOW STREAMS SHOW TABLES", "expected `;` between two statements", "1:14"},
      {"SELECT * FROM t\nSELECT * FROM u", "expected `;` between two statements", "2:1"},
      {"SELECT * FROM t SHOW TABLES", "expected `;` between two statements", "1:17"},
      {"CREATE STREAM s (id INT, group STRING)", "in back-ticks, `GROUP`", "1:26"},
      {"SELECT a FROM t WHERE a == 1", "equality is written `=`", "1:25"},
      {"CREATE STREAM s (a INT b INT)", "comma missing", "1:24"},
      {"CREATE STREAM s (a INT) WITH (a='x' b=1)", "comma missing", "1:37"},
      {"SELECT a b c FROM t", "comma missing", "1:12"},
      {"CREATE STREAM s (a INT) WITH (kafka_topic=\"x\")", "single quotes, 'x'", "1:43"},
      {"SELECT a FROM t GROUP BY a WHERE b = 1", "clauses come in the order", "1:28"},
      {"SELECT a FROM t WHERE a = 1)", "nothing is open", "1:28"},
      {"SELECT (a + b FROM t", "`(` at line 1, column 8 is still open", "1:15"},
      {"SELECT f(a, (b);", "`(` that opens here is not closed", "1:9"},
      {"SELECT CASE WHEN a THEN b", "CASE that begins here has no END", "1:8"},
      {"SELECT ARRAY[1, 2", "`[` that opens here is not closed", "1:13"},
      {"SELECT 'abc FROM t", "string that begins here is not closed", "1:8"},
      {"SELECT \"abc FROM t", "double quotes that begins here is not closed", "1:8"},
      {"SELECT `abc FROM t", "back-ticks that begins here is not closed", "1:8"},
      {"SELECT a /* b * FROM t", "comment that begins here is not closed", "1:10"},
      {"SELECT a FROM t WHERE a & 1", "character & means nothing", "1:25"},
      {"SELECT a FROM t WHERE a = ‘x’", "single quotes, 'text'", "1:27"},
      {"SELECT a FROM t WHERE a && b", "joined by AND", "1:25"},
      {"SELECT a, b, FROM t", "one too many", "1:14"},
      {"CREATE STREAM s (a INT,)", "one too many", "1:24"},
      {"CREATE STREAM s (a INT) WITH (kafka_topic=x)", "single quotes, 'x'", "1:43"},
      {"DEFINE x = 5", "single quotes, '5'", "1:12"},
      {"SET auto.offset.reset = 'earliest'", "single quotes, 'auto.offset.reset'", "1:9"},
      {"SELECT a FROM t WINDOW TUMBLING (SIZE 5 WEEKS)", "expected a unit of time", "1:41"},
      {"SELECT a FROM t WINDOW SESSION (SIZE 5 DAYS)", "expected the gap of the session", "1:33"},
  };
  for (const auto& [text, part, place] : cases) {
    SyntaxError error = error_of(text);
    EXPECT_NE(error.message.find(part), std::string::npos) << text << "\n" << error.message;
    EXPECT_EQ(at(error), place) << text << "\n" << error.message;
  }
}

TEST(Errors, SayWhatThereIsInsteadOfOtherSql) {
  const struct {
    const char* text;
    const char* part;
    const char* place;
  } cases[] = {
      {"SELECT DISTINCT a FROM t", "SELECT DISTINCT is not supported: CREATE TABLE … AS SELECT", "1:1"},
      {"SELECT COUNT(DISTINCT a) FROM t GROUP BY b", "COUNT(DISTINCT …) is not supported: COUNT_DISTINCT", "1:8"},
      {"SELECT SUM(DISTINCT a) FROM t", "DISTINCT within a function is not supported", "1:8"},
      {"SELECT a FROM t ORDER BY a", "ORDER BY is not supported: rows come as they arise", "1:17"},
      {"SELECT a FROM t WHERE a = 1\nORDER BY a DESC", "ORDER BY is not supported", "2:1"},
      {"SELECT a FROM t u ORDER BY a", "ORDER BY is not supported", "1:19"},
      {"SELECT a FROM t GROUP BY a ORDER BY a EMIT CHANGES", "ORDER BY is not supported", "1:28"},
      {"SELECT a FROM t EMIT CHANGES ORDER BY a", "ORDER BY is not supported", "1:30"},
      {"SHOW STREAMS; SELECT a FROM t order by a;", "ORDER BY is not supported", "1:31"},
      {"SELECT ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) FROM t", "OVER is not supported", "1:21"},
      {"SELECT a FROM t UNION SELECT a FROM u", "UNION is not supported: CREATE STREAM", "1:17"},
      {"SELECT a FROM t WHERE a = 1 UNION ALL SELECT a FROM u", "UNION is not supported", "1:29"},
      {"SELECT a FROM t EXCEPT SELECT a FROM u", "what two queries have in common, or not, is not", "1:17"},
      {"SELECT a FROM t LIMIT 5 OFFSET 10", "OFFSET is not supported: LIMIT n", "1:17"},
      {"SELECT a FROM t FETCH FIRST 5 ROWS ONLY", "FETCH is not supported", "1:17"},
      {"SELECT a FROM t GROUP BY GROUPING SETS ((a), (b))", "GROUPING SETS is not supported", "1:26"},
      {"SELECT a FROM t, u WHERE t.a = u.a", "a list of sources in FROM is not supported: write FROM a JOIN b", "1:10"},
      {"SELECT a FROM t AS x, u", "a list of sources in FROM", "1:10"},
      {"SELECT a FROM t x, u", "a list of sources in FROM", "1:10"},
      {"SELECT a FROM t CROSS JOIN u", "a CROSS or NATURAL JOIN is not supported", "1:17"},
      {"SELECT a FROM t CROSS JOIN u v WHERE a = 1", "a CROSS or NATURAL JOIN", "1:17"},
      {"SELECT a FROM t x NATURAL JOIN u", "a CROSS or NATURAL JOIN", "1:19"},
      {"SELECT a FROM t JOIN u USING (a)", "JOIN … USING is not supported", "1:24"},
      {"SELECT a FROM t WHERE a ILIKE 'x'", "ILIKE is not supported: write LCASE", "1:25"},
      {"WITH x AS (SELECT a FROM t) SELECT a FROM x", "WITH before a query is not supported", "1:1"},
      {"CREATE STREAM s AS WITH x AS (SELECT a FROM t) SELECT a FROM x", "WITH before a query", "1:20"},
      {"SELECT a FROM (SELECT a FROM t)", "a query within a query is not supported: give the inner", "1:15"},
      {"SELECT (SELECT a FROM t) FROM u", "a query within a query", "1:8"},
      {"SELECT a FROM t JOIN (SELECT a FROM u) v ON t.a = v.a", "a query within a query", "1:22"},
      {"SELECT a FROM t WHERE a IN (SELECT a FROM u)", "a query within a condition is not supported", "1:25"},
      {"SELECT a FROM t WHERE EXISTS (SELECT a FROM u)", "a query within a condition", "1:23"},
      {"SELECT a FROM t WHERE a > ALL (SELECT a FROM u)", "a query within a condition", "1:27"},
      {"SELECT a FROM t WHERE NOT EXISTS (SELECT a FROM u)", "a query within a condition", "1:27"},
      {"CREATE TABLE s AS (SELECT a FROM t)", "a query in parentheses is not supported: leave them out", "1:16"},
      {"INSERT INTO s (SELECT a FROM t)", "a query in parentheses", "1:8"},
      {"DELETE FROM t WHERE a = 1", "DELETE is not supported: a record of its key without a value", "1:1"},
      {"UPDATE t SET a = 1", "UPDATE is not supported: INSERT INTO a table", "1:1"},
      {"MERGE INTO t USING u ON t.a = u.a", "MERGE is not supported", "1:1"},
      {"REPLACE INTO t VALUES (1)", "REPLACE INTO is not supported", "1:1"},
      {"TRUNCATE TABLE t", "TRUNCATE is not supported: DROP STREAM or TABLE", "1:1"},
      {"INSERT INTO t (a) VALUES (1), (2)", "INSERT of several rows is not supported", "1:1"},
      {"SHOW TABLES;\nBEGIN;", "a transaction of several statements is not supported", "2:1"},
      {"CREATE VIEW v AS SELECT a FROM t", "CREATE VIEW is not supported: CREATE TABLE … AS SELECT", "1:1"},
      {"CREATE OR REPLACE VIEW v AS SELECT a FROM t", "CREATE VIEW is not supported", "1:1"},
      {"CREATE MATERIALIZED VIEW v AS SELECT a FROM t", "CREATE VIEW is not supported", "1:1"},
      {"DROP VIEW v", "VIEW is not supported", "1:1"},
      {"CREATE UNIQUE INDEX i ON t (a)", "INDEX is not supported: a table is looked up", "1:1"},
      {"CREATE TEMP TABLE t (a INT)", "a temporary stream or table is not supported", "1:1"},
      {"CREATE STREAM s (a INT NOT NULL, b INT)", "NOT NULL in a definition is not supported", "1:1"},
      {"CREATE TABLE s (a INT, b INT, PRIMARY KEY (a))", "PRIMARY KEY (…) is not supported: say it behind", "1:31"},
      {"ALTER TABLE t DROP COLUMN a", "changing a column by ALTER is not supported", "1:1"},
  };
  for (const auto& [text, part, place] : cases) {
    SyntaxError error = error_of(text);
    EXPECT_EQ(error.kind, SyntaxError::Kind::unsupported) << text;
    EXPECT_NE(error.message.find(part), std::string::npos) << text << "\n" << error.message;
    EXPECT_EQ(at(error), place) << text << "\n" << error.message;
  }
}

TEST(Errors, WordsOfOtherSqlAreNames) {
  parse_all(
      "SELECT order, union, over, minus.a, offset AS fetch, update FROM minus LEFT JOIN merge index ON minus.a = "
      "index.a;"
      "SELECT natural, delete FROM cross WHERE ilike = 1 GROUP BY grouping, using, order;"
      "CREATE TABLE view AS SELECT a AS order FROM union EMIT CHANGES;"
      "CREATE STREAM truncate (update INT, delete INT, begin INT, temp INT, grouping INT) WITH (x = 1);"
      "INSERT INTO merge (order, by_, sets) VALUES (1, (2), (3));"
      "DROP TABLE index; SELECT over(1), using(2), all_(3) FROM offset;"
      "SELECT `distinct`, COUNT(`distinct`) FROM `order by` `union`");
  // What is wrong is something else than the words.
  for (const char* text : {"SELECT order FROM WHERE", "SELECT delete FROM WHERE a = 1", "SELECT union a b FROM t",
                           "SELECT a FROM t WHERE ,", "SELECT a FROM view v w", "SELECT `order` `by` x FROM t",
                           "INSERT INTO t VALUES (1 2), (3)", "CREATE STREAM view s", "SELECT a FROM t ORDER"}) {
    auto parsed = parse_statements(text);
    auto* error = std::get_if<SyntaxError>(&parsed);
    if (error == nullptr) continue;
    EXPECT_EQ(error->kind, SyntaxError::Kind::unexpected) << text << "\n" << error->message;
  }
}

TEST(Errors, PositionsCountCodePoints) {
  EXPECT_EQ(at(error_of("SELECT 'ü€😀', FROM t")), "1:15");
  EXPECT_EQ(at(error_of("SELECT a\r\n\tFROM\r\n\t\tWHERE")), "3:3");
  EXPECT_EQ(at(error_of("-- ä\n/* ö\n */ SELECT ,")), "3:12");
  EXPECT_EQ(at(error_of("\xEF\xBB\xBFSELECT ,")), "1:9");
}

TEST(Errors, InvalidUtf8) {
  const struct {
    const char* text;
    const char* place;
  } cases[] = {{"SELECT\n '\xFF'", "2:3"},   {"a\xC3", "1:2"}, {"\xC0\x80", "1:1"}, {"\xED\xA0\x80", "1:1"},
               {"ü\xF4\x90\x80\x80", "1:2"}, {"\x80", "1:1"}};
  for (const auto& [text, place] : cases) {
    SyntaxError error = error_of(text);
    EXPECT_EQ(error.kind, SyntaxError::Kind::invalid);
    EXPECT_NE(error.message.find("UTF-8"), std::string::npos);
    EXPECT_EQ(at(error), place);
  }
}

TEST(Errors, LongTokensAreCut) {
  SyntaxError error = error_of("SELECT a FROM '" + std::string(100'000, 'x') + "'");
  EXPECT_LT(error.message.size(), 300u);
  EXPECT_LT(error.token.size(), 100u);
}

}  // namespace
}  // namespace millrace::syntax
