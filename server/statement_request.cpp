#include "server/statement_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/nearest_name.h"
#include "server/request_json.h"

namespace millrace {
namespace {

using Json = nlohmann::json;

// Values of properties may be numbers and booleans.
bool read_texts(const Json& body, const char* name, std::map<std::string, std::string>& texts) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) return true;
  if (!found->is_object()) return false;
  for (const auto& [key, value] : found->items()) {
    if (value.is_structured()) return false;
    texts[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return true;
}

// Members that nobody here knows are passed over, for clients of ksqlDB send some; but not those that were mistyped.
std::string mistyped(const Json& body) {
  const std::vector<std::string> known = {"ksql",
                                          "sql",
                                          "properties",
                                          "streamsProperties",
                                          "sessionVariables",
                                          "requestProperties",
                                          "commandSequenceNumber"};
  for (const auto& [name, value] : body.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    if (const std::string meant = did_you_mean(name, known); !meant.empty())
      return fmt::format("there is no member \"{}\"{}", name, meant);
  }
  return "";
}

}  // namespace

std::variant<StatementRequest, std::string> parse_statement_request(std::string_view text) {
  const Json body = parse_request_json(text);
  if (!body.is_object()) return "expected a JSON object with \"ksql\" or \"sql\"";
  if (std::string mistake = mistyped(body); !mistake.empty()) return mistake;
  const auto sql = body.contains("ksql") ? body.find("ksql") : body.find("sql");
  if (sql == body.end() || !sql->is_string()) return "expected a text as \"ksql\" or \"sql\"";
  StatementRequest request;
  request.sql = sql->get<std::string>();
  for (const char* name : {"streamsProperties", "properties"}) {
    if (!read_texts(body, name, request.session.properties))
      return std::string(name) + " must be an object of plain values";
  }
  if (!read_texts(body, "sessionVariables", request.session.variables)) {
    return "sessionVariables must be an object of plain values";
  }
  return request;
}

}  // namespace millrace
