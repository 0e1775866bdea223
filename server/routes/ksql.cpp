// POST /ksql: statements, and what they answer.
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/result_json.h"
#include "server/route_registry.h"
#include "server/statement_request.h"

namespace millrace {
namespace {

void answer(Engine& engine, const Request& request, ResponseStream& response) {
  auto parsed = parse_statement_request(request.body);
  if (const auto* mistake = std::get_if<std::string>(&parsed)) return reply_bad_request(response, *mistake);
  auto& [sql, session] = std::get<StatementRequest>(parsed);
  session.audit = request.audit;
  const Engine::Execution execution = engine.execute(session, sql);
  auto entities = nlohmann::ordered_json::array();
  for (const StatementResult& result : execution.results) entities.push_back(result_json(result));
  if (!execution.failure) return reply_json(response, 200, entities);
  const Error& error = execution.failure->error;
  auto body = error_json(error, "statement_error");
  body["statementText"] = execution.failure->statement;
  body["entities"] = std::move(entities);
  reply_json(response, error_answer(error.code()).status, body);
}

}  // namespace

void register_ksql(RouteRegistry& registry) {
  registry.add({"POST", "/ksql",
                [&engine = registry.engine()](Request& request, const ResponseStreamPtr& response) {
                  answer(engine, request, *response);
                }},
               "STATEMENT");
}

}  // namespace millrace
