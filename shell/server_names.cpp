#include "shell/server_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace millrace::shell {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// As long as a person does not mind.
constexpr auto answer_time = 700ms;
// What others make is known within seconds; what a server brings along stays.
constexpr auto brief = 1s;
constexpr auto lasting = 300s;
// A server that did not answer is left alone for so long: a person types on.
constexpr auto recovery_time = 2s;
constexpr size_t statements_max = 256;
constexpr size_t answer_bytes_max = 16 << 20;

struct Listing {
  const char* statement;
  const char* rows;  // the member of the answer
  std::chrono::seconds lifetime;
};

const Listing& listing_of(NameKind kind) {
  static const std::map<NameKind, Listing> listings = {
      {NameKind::streams, {"SHOW STREAMS;", "streams", brief}},
      {NameKind::tables, {"SHOW TABLES;", "tables", brief}},
      {NameKind::queries, {"SHOW QUERIES;", "queries", brief}},
      {NameKind::topics, {"SHOW TOPICS;", "topics", brief}},
      {NameKind::types, {"SHOW TYPES;", "types", brief}},
      {NameKind::functions, {"SHOW FUNCTIONS;", "functions", lasting}},
      {NameKind::properties, {"SHOW PROPERTIES;", "properties", lasting}},
  };
  return listings.at(kind);
}

}  // namespace

std::string ServerNames::ask(const std::string& statement) {
  try {
    const auto deadline = Clock::now() + answer_time;
    HttpExchange exchange(url_, {.connect = answer_time, .interrupt_descriptor = interrupt_});
    exchange.send("POST", "/ksql", "application/json", Json{{"ksql", statement}}.dump());
    std::string body;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      switch (exchange.read(body, std::max<std::chrono::milliseconds>(left, 0ms))) {
        case HttpExchange::Event::ended:
          return body;
        case HttpExchange::Event::bytes:
          if (body.size() > answer_bytes_max || left <= 0ms) return {};
          break;
        case HttpExchange::Event::interrupted:
        case HttpExchange::Event::timed_out:
          return {};
      }
    }
  } catch (const ConnectionError&) {
    return {};
  }
}

template <typename Take>
const std::vector<std::string>& ServerNames::look_up(const std::string& statement, std::chrono::seconds lifetime,
                                                     const Take& take) {
  if (known_.size() >= statements_max && !known_.contains(statement)) known_.clear();
  Known& known = known_[statement];
  if (Clock::now() < std::max(known.until, silent_until_)) return known.names;
  const std::string body = ask(statement);
  if (body.empty()) {
    silent_until_ = Clock::now() + recovery_time;
    return known.names;
  }
  const Json answer = Json::parse(body, nullptr, false);
  known.names.clear();
  if (answer.is_array()) {
    for (const Json& entity : answer) take(entity, known.names);
  }
  std::sort(known.names.begin(), known.names.end());
  known.until = Clock::now() + lifetime;
  return known.names;
}

const std::vector<std::string>& ServerNames::of(NameKind kind) {
  const Listing& listing = listing_of(kind);
  return look_up(listing.statement, listing.lifetime, [&](const Json& entity, std::vector<std::string>& names) {
    const Json rows = entity.value(listing.rows, Json::array());
    for (const auto& [key, row] : rows.items()) {
      if (rows.is_object()) {
        names.push_back(key);
      } else if (!row.is_object() || !row.value("editable", true)) {
        continue;  // a property of the server, which no session changes
      } else if (row.value(kind == NameKind::queries ? "id" : "name", Json()).is_string()) {
        names.push_back(row[kind == NameKind::queries ? "id" : "name"].get<std::string>());
      }
    }
  });
}

const std::vector<std::string>& ServerNames::columns_of(const std::string& source) {
  return look_up("DESCRIBE " + source + ";", brief, [](const Json& entity, std::vector<std::string>& names) {
    const Json description = entity.value("sourceDescription", Json::object());
    for (const Json& field : description.value("fields", Json::array())) {
      if (field.is_object() && field.value("name", Json()).is_string())
        names.push_back(field["name"].get<std::string>());
    }
  });
}

}  // namespace millrace::shell
