// POST /query-stream and POST /query: the rows of one SELECT or PRINT.
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/query_answer.h"
#include "server/route_registry.h"
#include "server/statement_request.h"

namespace millrace {
namespace {

void answer(Engine& engine, const Request& request, std::unique_ptr<QueryFormat> format,
            const ResponseStreamPtr& response) {
  auto parsed = parse_statement_request(request.body);
  if (const auto* mistake = std::get_if<std::string>(&parsed)) return reply_bad_request(*response, *mistake);
  auto& [sql, session] = std::get<StatementRequest>(parsed);
  session.audit = request.audit;
  try {
    stream_query(engine.query(session, sql), std::move(format), response);
  } catch (const Error& error) {
    auto body = error_json(error, "statement_error");
    body["statementText"] = sql;
    body["entities"] = nlohmann::ordered_json::array();
    reply_json(*response, error_answer(error.code()).status, body);
  }
}

}  // namespace

void register_query(RouteRegistry& registry) {
  Engine& engine = registry.engine();
  registry.add({"POST", "/query-stream",
                [&engine](Request& request, const ResponseStreamPtr& response) {
                  const bool array = request.headers.get("Accept").find("application/json") != std::string_view::npos;
                  answer(engine, request, array ? make_array_format() : make_line_format(), response);
                }},
               "SELECT");
  registry.add({"POST", "/query",
                [&engine](Request& request, const ResponseStreamPtr& response) {
                  answer(engine, request, make_envelope_format(), response);
                }},
               "SELECT");
}

}  // namespace millrace
