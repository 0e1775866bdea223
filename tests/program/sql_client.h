// Statements and queries over a server's HTTP surface, as its answers say.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "shell/http_client.h"

namespace millrace::testing {

struct Answer {
  int status = 0;
  nlohmann::json body;
};

// Everything here throws shell::ConnectionError.

using Properties = std::map<std::string, std::string>;
inline const Properties from_earliest = {{"auto.offset.reset", "earliest"}};

// POST /ksql.
Answer execute(const shell::ServerUrl& url, const std::string& sql, const Properties& properties = {});
// As execute(), but throws std::runtime_error with the answer where it is not 200.
nlohmann::json execute_well(const shell::ServerUrl& url, const std::string& sql, const Properties& properties = {});
// GET: status and body.
Answer get(const shell::ServerUrl& url, const std::string& path);

// The rows of a query that ends by itself: POST /query-stream with auto.offset.reset = earliest. Throws
// std::runtime_error where it fails.
std::vector<nlohmann::json> query(const shell::ServerUrl& url, const std::string& sql);

}  // namespace millrace::testing
