#include "tests/program/sql_client.h"

#include <stdexcept>

namespace millrace::testing {

using Json = nlohmann::json;

Answer execute(const shell::ServerUrl& url, const std::string& sql, const Properties& properties) {
  shell::HttpExchange exchange(url);
  const Json request = {{"ksql", sql}, {"streamsProperties", properties}};
  exchange.send("POST", "/ksql", "application/json", request.dump());
  const std::string body = exchange.read_all();
  return {exchange.status(), Json::parse(body, nullptr, false)};
}

Answer get(const shell::ServerUrl& url, const std::string& path) {
  shell::HttpExchange exchange(url);
  exchange.send("GET", path, "application/json", "");
  const std::string body = exchange.read_all();
  return {exchange.status(), Json::parse(body, nullptr, false)};
}

Json execute_well(const shell::ServerUrl& url, const std::string& sql, const Properties& properties) {
  Answer answer = execute(url, sql, properties);
  if (answer.status != 200) throw std::runtime_error(sql + ": " + answer.body.dump());
  return std::move(answer.body);
}

std::vector<Json> query(const shell::ServerUrl& url, const std::string& sql) {
  shell::HttpExchange exchange(url);
  const Json request = {{"sql", sql}, {"properties", from_earliest}};
  exchange.send("POST", "/query-stream", "application/vnd.ksqlapi.delimited.v1", request.dump());
  const std::string body = exchange.read_all();
  if (exchange.status() != 200) throw std::runtime_error(sql + ": " + body);
  std::vector<Json> rows;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    Json line =
        Json::parse(body.begin() + static_cast<std::ptrdiff_t>(at), body.begin() + static_cast<std::ptrdiff_t>(end));
    at = end + 1;
    if (line.is_array()) {
      rows.push_back(std::move(line));
    } else if (line.contains("error_code")) {
      throw std::runtime_error(sql + ": " + line.dump());
    }
  }
  return rows;
}

}  // namespace millrace::testing
