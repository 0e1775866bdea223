#include "tests/api/api_fixture.h"

namespace millrace::testing {

using namespace std::chrono_literals;

void ApiTest::SetUp() {
  server_ = std::make_unique<ServerProcess>(directory_.path(), settings);
  server_->spawn();
  ASSERT_TRUE(server_->wait_ready(60s));
}

Answer ApiTest::post_records(const std::string& stream, const std::string& body, const std::string& content_type,
                             const std::string& parameters) {
  shell::HttpExchange exchange(url());
  exchange.send_head("POST", "/v1/streams/" + stream + "/records" + parameters, content_type);
  if (exchange.send_piece(body)) exchange.end_body();  // else the answer is there already
  const std::string text = exchange.read_all();
  return {exchange.status(), nlohmann::json::parse(text, nullptr, false)};
}

}  // namespace millrace::testing
