// CREATE OR REPLACE of a query that keeps state: what is said where the state would not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/memory_log.h"
#include "server/engine.h"

namespace millrace {
namespace {

class Replacement : public testing::Test {
 protected:
  Replacement() : engine_(Engine::open({}, make_memory_log())) {
    execute("CREATE STREAM a (k STRING KEY, v INT) WITH (kafka_topic = 'a', partitions = 1, value_format = 'JSON');");
    execute("CREATE STREAM b (k STRING KEY, w INT) WITH (kafka_topic = 'b', partitions = 1, value_format = 'JSON');");
    execute(
        "CREATE TABLE t (k STRING PRIMARY KEY, g STRING, x INT, y INT)"
        " WITH (kafka_topic = 't', partitions = 1, value_format = 'JSON');");
  }

  std::string execute(const std::string& sql) {
    const Engine::Execution execution = engine_->execute(session_, sql);
    return execution.failure ? execution.failure->error.message() : "";
  }

  // What is said to differ where `after` replaces `before`, both behind the name and AS.
  std::string difference(const std::string& kind, const std::string& before, const std::string& after) {
    const std::string name = "r" + std::to_string(++made_);
    EXPECT_EQ(execute("CREATE " + kind + " " + name + " AS " + before + ";"), "");
    std::string message = execute("CREATE OR REPLACE " + kind + " " + name + " AS " + after + ";");
    const std::string begins = "Cannot replace `R" + std::to_string(made_) + "` and keep its state: ";
    const std::string ends = ". Drop it and create it anew, or give the new one another name";
    for (const std::string& part : {begins, ends}) {
      const size_t begin = message.find(part);
      if (begin == std::string::npos) return "another message: " + message;
      message.erase(begin, part.size());
    }
    return message;
  }

  std::unique_ptr<Engine> engine_;
  Session session_;
  int made_ = 0;
};

TEST_F(Replacement, OfAnAggregateNamesWhatDiffersAlone) {
  const std::string many = "SELECT k, COUNT(*) AS n, MIN(v) AS low, SUM(v) AS total FROM a GROUP BY k";
  EXPECT_EQ(difference("TABLE", many, "SELECT k, COUNT(*) AS n, MAX(v) AS low, SUM(v) AS total FROM a GROUP BY k"),
            "it computes MIN(`V`), the new one MAX(`V`)");
  EXPECT_EQ(difference("TABLE", many, "SELECT k, COUNT(*) AS n, MIN(v) AS low, MIN(v) AS total FROM a GROUP BY k"),
            "it computes SUM(`V`), the new one does not");
  EXPECT_EQ(difference("TABLE", many, many.substr(0, many.find(" FROM")) + ", AVG(v) AS mean FROM a GROUP BY k"),
            "the new one computes AVG(`V`), it does not");
  EXPECT_EQ(difference("TABLE", "SELECT k, COUNT(*) AS n, COUNT(v) AS m FROM a GROUP BY k",
                       "SELECT k, COUNT(v) AS n, COUNT(*) AS m FROM a GROUP BY k"),
            "it computes COUNT(), COUNT(`V`), the new one COUNT(`V`), COUNT()");
  EXPECT_EQ(
      difference("TABLE", "SELECT k, COUNT(*) AS n FROM a GROUP BY k", "SELECT k, COUNT(*) AS n FROM b GROUP BY k"),
      "it reads A, the new one B");
  EXPECT_EQ(difference("TABLE", "SELECT v, COUNT(*) AS n FROM a GROUP BY v",
                       "SELECT v + 1 AS v, COUNT(*) AS n FROM a GROUP BY v + 1"),
            "it groups by `V`, the new one (`V` + 1)");
  EXPECT_EQ(difference("TABLE", "SELECT k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k EMIT FINAL",
                       "SELECT k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k"),
            "it emits when the window closes, the new one once per commit and key");
  EXPECT_EQ(difference("TABLE", "SELECT k, x FROM t", "SELECT k, x, y FROM t"), "the new one keeps `Y`, it does not");
  EXPECT_EQ(difference("TABLE", "SELECT k, COUNT(*) AS n FROM a GROUP BY k HAVING COUNT(*) > 1",
                       "SELECT k, COUNT(*) AS n FROM a GROUP BY k"),
            "its plan is HAVING, AGGREGATE, SCAN, that of the new one AGGREGATE, SCAN");
}

TEST_F(Replacement, OfAJoin) {
  const std::string join = "SELECT a.k AS k, v, w FROM a JOIN b WITHIN 1 SECOND ON a.k = b.k";
  EXPECT_EQ(difference("STREAM", join, "SELECT a.k AS k, v, w FROM a JOIN b WITHIN 2 SECONDS ON a.k = b.k"),
            "it joins within 1000 ms before, 1000 ms after, grace 86398000 ms, the new one within 2000 ms before, 2000 "
            "ms after, grace 86396000 ms");
  EXPECT_EQ(difference("STREAM", join, "SELECT a.k AS k, v, w FROM a LEFT JOIN b WITHIN 1 SECOND ON a.k = b.k"),
            "it makes INNER JOIN (stream-stream), the new one LEFT OUTER JOIN (stream-stream)");
  EXPECT_EQ(difference("STREAM", join, "SELECT a.k AS k, v, 1 AS w FROM a JOIN b WITHIN 1 SECOND ON a.k = b.k"),
            "it keeps of the right side W, the new one does not");
}

}  // namespace
}  // namespace millrace
