#include <gtest/gtest.h>

#include "tests/functions/evaluate.h"

namespace millrace {
namespace {

TEST(TimeFunctions, Parse) {
  EXPECT_EQ(evaluate("PARSE_TIMESTAMP('2018-05-11T21:58:33Z', 'yyyy-MM-dd''T''HH:mm:ssX')"),
            "\"2018-05-11T21:58:33.000\"");
  EXPECT_EQ(evaluate("PARSE_TIMESTAMP('2018-05-11 14:58', 'yyyy-MM-dd HH:mm', 'America/Los_Angeles')"),
            "\"2018-05-11T21:58:00.000\"");
  EXPECT_EQ(evaluate("PARSE_TIMESTAMP('x', 'yyyy')"),
            "INVALID_ARGUMENT: PARSE_TIMESTAMP: 'x' is not as the pattern 'yyyy' says");
  EXPECT_EQ(evaluate("PARSE_TIMESTAMP('2018', 'yyyy', 'Mars')"), "INVALID_ARGUMENT: there is no time zone 'Mars'");
  EXPECT_EQ(evaluate("PARSE_DATE('2018', '{')"), "INVALID_ARGUMENT: invalid date or time pattern '{': '{' is reserved");
  EXPECT_EQ(evaluate("PARSE_DATE(NULL, 'yyyy')"), "null");
}

TEST(TimeFunctions, Add) {
  EXPECT_EQ(evaluate("TIMESTAMPADD(MILLISECONDS, -5, FROM_UNIXTIME(2))"), "\"1969-12-31T23:59:59.997\"");
  EXPECT_EQ(evaluate("TIMESTAMPSUB(DAY, 1, FROM_UNIXTIME(0))"), "\"1969-12-31T00:00:00.000\"");
  EXPECT_EQ(evaluate("TIMESTAMPADD(DAYS, 1, FROM_UNIXTIME(9223372036854775807))"),
            "OVERFLOW: TIMESTAMPADD: the result is beyond all timestamps");
  EXPECT_EQ(evaluate("TIMESTAMPADD(FORTNIGHTS, 1, FROM_UNIXTIME(0))").substr(0, 8), "refused:");
  EXPECT_EQ(evaluate("TIMESTAMPADD(DAYS, NULL, FROM_UNIXTIME(0))"), "null");
}

}  // namespace
}  // namespace millrace
