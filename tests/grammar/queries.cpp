// SELECT: its clauses, and what may be an item.
#include "tests/grammar/parse.h"

namespace millrace::syntax {
namespace {

Query query(const std::string& text) { return parse_one<Select>(text).query; }

TEST(Queries, Items) {
  Query q = query("SELECT *, t.*, s->deep->*, a + 1 AS b, c d, `e` FROM t;");
  ASSERT_EQ(q.items.size(), 6u);
  EXPECT_FALSE(q.items[0].expression || q.items[0].qualifier);
  EXPECT_EQ(q.items[1].qualifier->text, "T");
  EXPECT_TRUE(q.items[2].all_fields);
  EXPECT_EQ(shape(*q.items[2].expression), "(-> DEEP S)");
  EXPECT_EQ(q.items[3].alias->text, "B");
  EXPECT_EQ(q.items[4].alias->text, "D");
  EXPECT_EQ(q.items[5].expression->text, "e");
  EXPECT_EQ(q.items[5].position.column, 45);
}

TEST(Queries, EveryClause) {
  Query q = query(
      "SELECT a, COUNT(*) FROM s AS x WINDOW HOPPING (SIZE 10 MINUTES, ADVANCE BY 1 MINUTE, RETENTION 2 DAYS, GRACE "
      "PERIOD 30 SECONDS)"
      " WHERE a > 1 GROUP BY a, b + 1 PARTITION BY c HAVING COUNT(*) > 1 EMIT CHANGES LIMIT 5");
  EXPECT_EQ(q.from.name.text, "S");
  EXPECT_EQ(q.from.alias->text, "X");
  ASSERT_TRUE(q.window.has_value());
  EXPECT_EQ(q.window->kind, WindowKind::hopping);
  EXPECT_EQ(q.window->size.milliseconds, 600'000);
  EXPECT_EQ(q.window->advance->milliseconds, 60'000);
  EXPECT_EQ(q.window->retention->milliseconds, 172'800'000);
  EXPECT_EQ(q.window->grace->milliseconds, 30'000);
  EXPECT_EQ(shape(*q.where), "(> A 1)");
  ASSERT_EQ(q.group_by.size(), 2u);
  EXPECT_EQ(shape(*q.group_by[1]), "(+ B 1)");
  EXPECT_EQ(q.partition_by.size(), 1u);
  EXPECT_EQ(shape(*q.having), "(> (call COUNT (star)) 1)");
  EXPECT_EQ(q.emit, Emit::changes);
  EXPECT_EQ(q.emit_position.column, 194);
  EXPECT_EQ(q.limit, 5);
}

TEST(Queries, Windows) {
  EXPECT_EQ(query("SELECT a FROM s WINDOW TUMBLING (SIZE 1 DAY) GROUP BY a").window->size.milliseconds, 86'400'000);
  Query session =
      query("SELECT a FROM s WINDOW session_1 SESSION (30 seconds, GRACE PERIOD 0 MILLISECONDS) GROUP BY a");
  EXPECT_EQ(session.window->kind, WindowKind::session);
  EXPECT_EQ(session.window->size.milliseconds, 30'000);
  EXPECT_EQ(session.window->grace->milliseconds, 0);
}

TEST(Queries, GroupingLists) {
  EXPECT_EQ(query("SELECT a FROM s GROUP BY (a, b)").group_by.size(), 2u);
  EXPECT_EQ(query("SELECT a FROM s GROUP BY (a)").group_by.size(), 1u);
  EXPECT_EQ(query("SELECT a FROM s GROUP BY ()").group_by.size(), 0u);
  EXPECT_EQ(shape(*query("SELECT a FROM s GROUP BY (a + b) * c").group_by.at(0)), "(* (+ A B) C)");
  EXPECT_EQ(query("SELECT a FROM s PARTITION BY (a, b)").partition_by.size(), 2u);
}

TEST(Queries, Joins) {
  Query q = query(
      "SELECT * FROM a JOIN b x WITHIN 5 MINUTES GRACE PERIOD 1 HOUR ON a.k = x.k"
      " LEFT JOIN c WITHIN (1 SECOND, 2 SECONDS) ON x.k = c.k FULL OUTER JOIN d ON c.k = d.k RIGHT OUTER JOIN e ON d.k "
      "= e.k"
      " INNER JOIN f ON TRUE");
  ASSERT_EQ(q.joins.size(), 5u);
  EXPECT_EQ(q.joins[0].kind, JoinKind::inner);
  EXPECT_EQ(q.joins[0].right.alias->text, "X");
  EXPECT_EQ(q.joins[0].within->before.milliseconds, 300'000);
  EXPECT_EQ(q.joins[0].within->after.milliseconds, 300'000);
  EXPECT_EQ(q.joins[0].within->grace->milliseconds, 3'600'000);
  EXPECT_EQ(shape(*q.joins[0].on), "(= (column A. K) (column X. K))");
  EXPECT_EQ(q.joins[1].kind, JoinKind::left);
  EXPECT_EQ(q.joins[1].within->before.milliseconds, 1'000);
  EXPECT_EQ(q.joins[1].within->after.milliseconds, 2'000);
  EXPECT_EQ(q.joins[2].kind, JoinKind::full);
  EXPECT_EQ(q.joins[3].kind, JoinKind::right);
  EXPECT_EQ(q.joins[4].kind, JoinKind::inner);
}

TEST(Queries, WhatIsRefused) {
  EXPECT_EQ(at(error_of("SELECT t.* AS x FROM t")), "1:15");
  EXPECT_EQ(at(error_of("SELECT a FROM t WHERE s->* = 1")), "1:26");
  EXPECT_EQ(at(error_of("SELECT (a, b) FROM t")), "1:10");
  EXPECT_EQ(at(error_of("SELECT a FROM t WINDOW TUMBLING (SIZE 1 DAY, SIZE 2 DAYS) GROUP BY a")), "1:46");
  EXPECT_EQ(at(error_of("SELECT a FROM t WINDOW TUMBLING (SIZE 1 DAY, ADVANCE BY 2 DAYS) GROUP BY a")), "1:46");
  EXPECT_EQ(at(error_of("SELECT a FROM t WINDOW HOPPING (SIZE 1 DAY) GROUP BY a")), "1:24");
  EXPECT_EQ(at(error_of("SELECT a FROM t WINDOW TUMBLING (SIZE 9223372036854775807 DAYS) GROUP BY a")), "1:39");
  EXPECT_EQ(at(error_of("SELECT a FROM t LIMIT 9223372036854775808")), "1:23");
  EXPECT_EQ(at(error_of("CREATE STREAM s (a INT) AS SELECT b FROM t")), "1:17");
  EXPECT_EQ(at(error_of("CREATE SOURCE STREAM s AS SELECT b FROM t")), "1:8");
  EXPECT_EQ(at(error_of("SELECT f(a := 1) FROM t")), "1:12");
  EXPECT_EQ(at(error_of("SELECT f(a + 1 => 1) FROM t")), "1:10");
  EXPECT_EQ(at(error_of("SELECT STRUCT(a) FROM t")), "1:15");
  EXPECT_EQ(at(error_of("SELECT a[1, 2] FROM t")), "1:14");
  EXPECT_EQ(at(error_of("SELECT `` FROM t")), "1:8");
  EXPECT_EQ(at(error_of("ASSERT VALUES s (a) KEY (1)")), "1:21");
}

}  // namespace
}  // namespace millrace::syntax
