#include "tests/hostile/hostile_fixture.h"

#include <fmt/format.h>

#include <thread>

namespace millrace::testing {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Json = nlohmann::json;

namespace {

// Sanitizers keep what was freed for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t standard_growth_max = size_t{300} << 20;
#else
constexpr size_t standard_growth_max = size_t{250} << 20;
#endif

std::vector<Json> parse_lines(const std::string& text) {
  std::vector<Json> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const Json line = Json::parse(text.substr(at, end - at), nullptr, false);
    lines.push_back(line.is_discarded() ? Json() : line);
    at = end + 1;
  }
  return lines;
}

}  // namespace

HostileTest::HostileTest() : growth_max(standard_growth_max) {}

void HostileTest::SetUp() {
  // What was freed is to be gone, or the bounds on memory would have to allow for it.
  const char* given = std::getenv("ASAN_OPTIONS");
  ::setenv("ASAN_OPTIONS", fmt::format("{}:quarantine_size_mb=8", given == nullptr ? "" : given).c_str(), 1);
  server_ = std::make_unique<ServerProcess>(directory_.path() + "/data", settings);
  server_->spawn();
  ASSERT_TRUE(server_->wait_ready(60s));
  execute_well(server_->url(),
               "CREATE STREAM notes (id BIGINT, note VARCHAR) "
               "WITH (kafka_topic = 'notes', partitions = 2, value_format = 'JSON');"
               "CREATE STREAM seen AS SELECT id FROM notes WHERE id >= 0 EMIT CHANGES;");
  resident_before_ = server_->resident_bytes();
}

void HostileTest::TearDown() {
  ASSERT_TRUE(server_->running()) << "the server is gone";
  int status = 0;
  std::string body;
  // That a test's connections are closed may reach the server only after this.
  for (int i = 0; i < 100 && status != 200; ++i) {
    if (i > 0) std::this_thread::sleep_for(50ms);
    shell::HttpExchange health(server_->url());
    health.send("GET", "/healthcheck", "application/json", "");
    body = health.read_all();
    status = health.status();
  }
  EXPECT_EQ(status, 200) << body;
  expect_rows_pass();
  const size_t resident = server_->resident_bytes();
  std::printf("resident: %zu MB, %zu MB before\n", resident >> 20, resident_before_ >> 20);
  EXPECT_LE(resident, resident_before_ + growth_max);
  server_->terminate();
  EXPECT_EQ(server_->reap(), 0) << "exit status after SIGTERM";
}

Answer HostileTest::post(const std::string& path, const std::string& body) {
  shell::HttpExchange exchange(server_->url());
  exchange.send("POST", path, "application/vnd.ksqlapi.delimited.v1", body);
  const std::string text = exchange.read_all();
  return {exchange.status(), Json::parse(text, nullptr, false)};
}

std::vector<Json> HostileTest::insert(const std::string& lines) {
  shell::HttpExchange exchange(server_->url());
  exchange.send_head("POST", "/inserts-stream", "application/vnd.ksqlapi.delimited.v1");
  std::string answers;
  for (bool taken = exchange.send_piece("{\"target\":\"notes\"}\n" + lines); !taken; taken = exchange.send_piece(""))
    if (exchange.read(answers, 1ms) == shell::HttpExchange::Event::ended) return parse_lines(answers);
  while (!exchange.end_body())
    if (exchange.read(answers, 1ms) == shell::HttpExchange::Event::ended) return parse_lines(answers);
  return parse_lines(answers + exchange.read_all());
}

Answer HostileTest::answer_on_wire(const std::string& received) {
  Answer answer;
  if (std::sscanf(received.c_str(), "HTTP/1.1 %d ", &answer.status) != 1) return answer;
  const size_t head = received.find("\r\n\r\n");
  if (head != std::string::npos) answer.body = Json::parse(received.substr(head + 4), nullptr, false);
  return answer;
}

Answer HostileTest::raw(const std::string& request) {
  RawClient client(port());
  client.send(request);
  client.wait_for_end(20s);
  return answer_on_wire(client.received);
}

std::string HostileTest::http_post(const std::string& path, const std::string& body, const std::string& headers) const {
  return fmt::format("POST {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", path,
                     body.size(), headers, body);
}

bool HostileTest::seen(int64_t id) {
  return !query(server_->url(), fmt::format("SELECT id FROM seen WHERE id = {};", id)).empty();
}

bool HostileTest::wait_seen(int64_t id, std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < deadline) {
    if (seen(id)) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

void HostileTest::expect_rows_pass() {
  const int64_t id = ++next_id_;
  execute_well(server_->url(), fmt::format("INSERT INTO notes (id, note) VALUES ({}, 'all is well');", id));
  EXPECT_TRUE(wait_seen(id)) << "a row did not reach the query's result";
}

void expect_error(const Answer& answer, int status, int error_code, const std::string& code,
                  const std::string& message) {
  EXPECT_EQ(answer.status, status);
  ASSERT_TRUE(answer.body.is_object()) << answer.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::string text = answer.body.dump().substr(0, 500);
  EXPECT_EQ(answer.body.value("error_code", 0), error_code) << text;
  if (!code.empty()) {
    EXPECT_EQ(answer.body.value("code", ""), code) << text;
  }
  EXPECT_THAT(answer.body.value("message", ""), HasSubstr(message));
  EXPECT_LE(answer.body.value("message", "").size(), 2000U) << "who is to read that?";
}

void expect_row_error(const Json& line, size_t row, int error_code, const std::string& code,
                      const std::string& message) {
  ASSERT_TRUE(line.is_object()) << line.dump();
  EXPECT_EQ(line.value("status", ""), "error") << line.dump();
  EXPECT_EQ(line.value("seq", ~size_t{0}), row) << line.dump();
  EXPECT_EQ(line.value("error_code", 0), error_code) << line.dump();
  EXPECT_EQ(line.value("code", ""), code) << line.dump();
  EXPECT_THAT(line.value("message", ""), HasSubstr(message));
}

}  // namespace millrace::testing
