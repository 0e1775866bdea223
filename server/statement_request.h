// The bodies that ksqlDB's clients send: SQL with properties and variables.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "server/engine.h"

namespace millrace {

struct StatementRequest {
  std::string sql;
  Session session;
};

// {"ksql" or "sql": …, "streamsProperties" or "properties": {…}, "sessionVariables": {…}}. The text says what is wrong.
std::variant<StatementRequest, std::string> parse_statement_request(std::string_view body);

}  // namespace millrace
