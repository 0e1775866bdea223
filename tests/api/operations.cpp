// What operators see: metrics and health.
#include <fmt/format.h>

#include <fstream>
#include <thread>

#include "tests/api/api_fixture.h"

namespace millrace::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class Operations : public ApiTest {
 protected:
  Operations() { settings = {"log.level=off", "statistics.interval.ms=300", "statistics.objects.max=20"}; }

  std::string metrics() {
    shell::HttpExchange exchange(url());
    exchange.send("GET", "/metrics", "text/plain", "");
    std::string text = exchange.read_all();
    EXPECT_EQ(exchange.status(), 200);
    return text;
  }
};

TEST_F(Operations, MetricsAreAsPrometheusWantsThem) {
  execute_well(
      "CREATE STREAM s (k STRING KEY, n INT) WITH (kafka_topic = 's', partitions = 1, value_format = 'JSON');");
  execute_well("CREATE TABLE t AS SELECT k, COUNT(*) AS c FROM s GROUP BY k;");
  post_records("s", R"([{"k": "a", "n": 1}, {"k": "b", "n": 2}])");
  std::string text;
  for (int i = 0; i < 100 && text.find("query_rows_in_total{object=\"CTAS_T_1\"} 2") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    text = metrics();
  }
  EXPECT_THAT(text, HasSubstr("# TYPE millrace_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("millrace_requests_total{operation=\"CREATE\",object=\"S\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("millrace_stream_rows_inserted_total{object=\"S\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("millrace_query_rows_in_total{object=\"CTAS_T_1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("millrace_query_lag_rows{object=\"CTAS_T_1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE millrace_commit_duration_seconds summary\n"));
  EXPECT_THAT(text, HasSubstr("millrace_commit_duration_seconds_count "));
  // Each has its words, none only its name.
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(!line.starts_with("# HELP") || line.ends_with(".")) << line;
  TemporaryDirectory folder;
  std::ofstream(folder.path() + "/metrics") << text;
  const int checked = std::system(("promtool check metrics < " + folder.path() + "/metrics").c_str());
  EXPECT_EQ(checked, 0) << "promtool does not like it, or is not there";
  // As JSON.
  const Answer json = get(url(), "/metrics");
  ASSERT_TRUE(json.body.is_array());
  EXPECT_GT(json.body.size(), 20U);
  // What is gone is not told any more.
  execute_well("DROP TABLE t;");
  EXPECT_THAT(metrics(), Not(HasSubstr("CTAS_T_1")));
}

TEST_F(Operations, NumberOfSeriesIsBounded) {
  for (int i = 0; i < 60; ++i)
    execute_well(fmt::format(
        "CREATE STREAM s{} (n INT) WITH (kafka_topic = 's{}', partitions = 1, value_format = 'JSON');", i, i));
  for (int i = 0; i < 60; ++i) post_records(fmt::format("s{}", i), R"({"n": 1})");
  const std::string text = metrics();
  EXPECT_THAT(text, HasSubstr("object=\"(others)\""));
  std::set<std::string> objects;
  for (size_t at = 0; (at = text.find("object=\"", at)) != std::string::npos; at += 8)
    objects.insert(text.substr(at + 8, text.find('"', at + 8) - at - 8));
  EXPECT_LE(objects.size(), 21U);
}

TEST_F(Operations, Health) {
  EXPECT_EQ(get(url(), "/v1/health/live").body, Json::parse(R"({"state":"ready"})"));
  EXPECT_EQ(get(url(), "/v1/health/ready").body, Json::parse(R"({"state":"ready"})"));
}

}  // namespace
}  // namespace millrace::testing
