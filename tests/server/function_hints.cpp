// Functions of other databases: what is told to be written instead of them is a query, and none of them is here.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "connectors/memory_log.h"
#include "planner/function_hint.h"
#include "server/engine.h"

namespace millrace {
namespace {

using ::testing::HasSubstr;

class FunctionHints : public testing::Test {
 protected:
  FunctionHints() : engine_(Engine::open({}, make_memory_log())) {
    EXPECT_EQ(
        failure("CREATE STREAM s (k STRING KEY, text STRING, part STRING, delimiter STRING, value STRING, other "
                "STRING, number DOUBLE, exponent DOUBLE, position INT, length INT, a INT, b INT, c INT, condition "
                "BOOLEAN, time TIMESTAMP, later TIMESTAMP, earlier TIMESTAMP, milliseconds BIGINT, days INT, "
                "column INT, array ARRAY<INT>) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');"),
        "");
  }

  std::string failure(const std::string& sql) {
    const Engine::Execution execution = engine_->execute(session_, sql);
    return execution.failure ? execution.failure->error.message() : "";
  }

  std::unique_ptr<Engine> engine_;
  Session session_;
};

TEST_F(FunctionHints, SayWhatCanBeWritten) {
  constexpr std::string_view queries[] = {
      "EXPLAIN SELECT {} AS x FROM s EMIT CHANGES;",
      "EXPLAIN SELECT k, {} AS x FROM s GROUP BY k EMIT CHANGES;",
      "EXPLAIN SELECT k, COUNT(*) AS n FROM s {} GROUP BY k EMIT CHANGES;",
      "EXPLAIN SELECT k, COUNT(*) AS n, {} AS x FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY k EMIT CHANGES;",
  };
  for (const FunctionElsewhere& function : functions_elsewhere()) {
    if (function.write.empty()) continue;
    std::string failures;
    const bool any = std::any_of(std::begin(queries), std::end(queries), [&](std::string_view query) {
      const std::string message = failure(fmt::format(fmt::runtime(query), function.write));
      failures += message + "\n";
      return message.empty();
    });
    EXPECT_TRUE(any) << function.write << "\n" << failures;
  }
}

TEST_F(FunctionHints, AreOfFunctionsThatAreNotHere) {
  for (const FunctionElsewhere& function : functions_elsewhere()) {
    std::istringstream names{std::string(function.names)};
    for (std::string name; names >> name;) {
      const std::string told(function.write.empty() ? function.remark : function.write);
      EXPECT_THAT(failure("DESCRIBE FUNCTION `" + name + "`;"), HasSubstr("'" + name + "': "));
      EXPECT_THAT(failure("EXPLAIN SELECT `" + name + "`(a) FROM s EMIT CHANGES;"),
                  ::testing::AllOf(HasSubstr("there is no function " + name), HasSubstr(told)));
    }
  }
}

}  // namespace
}  // namespace millrace
