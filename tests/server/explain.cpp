// What EXPLAIN says of each edge, of time, of emission and of order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/memory_log.h"
#include "server/engine.h"

namespace millrace {
namespace {

using testing::HasSubstr;
using testing::Not;

class Explain : public testing::Test {
 protected:
  Explain() : engine_(Engine::open({}, make_memory_log())) {
    execute("CREATE STREAM a (k STRING KEY, v INT) WITH (kafka_topic = 'a', partitions = 2, value_format = 'JSON');");
    execute("CREATE STREAM b (k STRING KEY, w INT) WITH (kafka_topic = 'b', partitions = 2, value_format = 'JSON');");
    execute(
        "CREATE TABLE t (k STRING PRIMARY KEY, g STRING, x INT)"
        " WITH (kafka_topic = 't', partitions = 2, value_format = 'JSON');");
  }

  Engine::Execution execute(const std::string& sql) {
    Engine::Execution execution = engine_->execute(session_, sql);
    EXPECT_FALSE(execution.failure) << execution.failure->error.message();
    return execution;
  }
  std::string plan(const std::string& statement) {
    return std::get<QueryDescription>(execute("EXPLAIN " + statement).results.at(0).body).plan;
  }
  // The line of the plan that begins with this operator, without its indentation.
  static std::string line(const std::string& plan, const std::string& begin) {
    std::istringstream in(plan);
    for (std::string one; std::getline(in, one);) {
      one.erase(0, one.find_first_not_of(' '));
      if (one.starts_with(begin)) return one;
    }
    return "no line begins with " + begin + ":\n" + plan;
  }

  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(Explain, EdgesOfAStreamAreAppend) {
  const std::string text = plan("SELECT k, v FROM a WHERE v > 1 EMIT CHANGES;");
  EXPECT_THAT(line(text, "SCAN A"), HasSubstr("→ append"));
  EXPECT_THAT(line(text, "FILTER"), HasSubstr("→ append"));
  EXPECT_THAT(line(text, "PROJECT"), HasSubstr("→ append"));
  EXPECT_THAT(text, Not(HasSubstr("depends on the order")));
}

TEST_F(Explain, AnAggregateOverATableIsFedByRetractions) {
  const std::string text = plan("SELECT g, COUNT(*) AS n FROM t GROUP BY g EMIT CHANGES;");
  EXPECT_THAT(line(text, "SCAN T"), HasSubstr("→ upsert"));
  EXPECT_THAT(line(text, "MATERIALIZE"), HasSubstr("→ retract"));
  EXPECT_THAT(line(text, "AGGREGATE"), HasSubstr("→ upsert"));
}

TEST_F(Explain, WindowsSayTheirTimeAndEmission) {
  const std::string hop = plan(
      "SELECT k, COUNT(*) AS n FROM a WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 1 MINUTE, GRACE PERIOD 2 MINUTES)"
      " GROUP BY k EMIT FINAL;");
  EXPECT_THAT(
      line(hop, "AGGREGATE"),
      HasSubstr("HOPPING size 3600000 ms advance 60000 ms grace 120000 ms retention 3720000 ms, stream time per "
                "partition, emits when the window closes"));
  const std::string session =
      plan("SELECT k, COUNT(*) AS n FROM a WINDOW SESSION (5 SECONDS) GROUP BY k EMIT CHANGES;");
  EXPECT_THAT(line(session, "AGGREGATE"), HasSubstr("SESSION gap 5000 ms grace"));
  EXPECT_THAT(line(session, "AGGREGATE"), HasSubstr("emits once per commit and key"));
  session_.properties["cache.max.bytes.buffering"] = "0";
  const std::string each = plan("SELECT k, COUNT(*) AS n FROM a GROUP BY k EMIT CHANGES;");
  EXPECT_THAT(line(each, "AGGREGATE"), HasSubstr("emits each update"));
}

TEST_F(Explain, JoinsSayWhenTheirRowsComeAndThatTheyDependOnOrder) {
  const std::string text = plan(
      "SELECT a.k, a.v, b.w, t.g FROM a LEFT JOIN b WITHIN 1 MINUTE GRACE PERIOD 10 SECONDS ON a.k = b.k"
      " JOIN t ON a.k = t.k EMIT CHANGES;");
  EXPECT_THAT(line(text, "LEFT OUTER JOIN"), HasSubstr("a padded row when it can find no partner any more → append"));
  EXPECT_THAT(line(text, "INNER JOIN"),
              HasSubstr("emits each left row with the right one that is there when it comes → append"));
  EXPECT_THAT(text, HasSubstr("The result depends on the order of the inputs"));
}

TEST_F(Explain, TheKeyOfAJoinHasTheNameThatItWasSelectedBy) {
  const std::string joined = plan(
      "CREATE STREAM x AS SELECT b.k, a.v, b.w, t.g FROM a JOIN b WITHIN 1 MINUTE ON a.k = b.k JOIN t ON b.k = t.k;");
  EXPECT_THAT(line(joined, "PROJECT"), HasSubstr("[`B.K`, `A.V`, `B.W`, `T.G`]"));
  EXPECT_THAT(line(joined, "INNER JOIN (stream-table)"), HasSubstr(" on `B.K` = `T.K`,"));
  EXPECT_THAT(line(joined, "INNER JOIN (stream-stream)"), HasSubstr(" on `A.K` = `B.K` within"));
  const std::string full =
      plan("CREATE STREAM x AS SELECT ROWKEY, a.v, b.w FROM a FULL JOIN b WITHIN 1 MINUTE ON a.k = b.k;");
  EXPECT_THAT(line(full, "PROJECT"), HasSubstr("[`ROWKEY`, `A.V`, `B.W`]"));
  const std::string plain = plan("CREATE STREAM x AS SELECT k AS other, v FROM a;");
  EXPECT_THAT(line(plain, "PROJECT"), HasSubstr("[`K`, `V`]"));
}

}  // namespace
}  // namespace millrace
