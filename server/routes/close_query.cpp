// POST /close-query: ends a push query.
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/http/http_error.h"
#include "server/observation/audit.h"
#include "server/request_json.h"
#include "server/route_registry.h"

namespace millrace {
namespace {

void answer(Engine& engine, const Request& request, ResponseStream& response) {
  const auto body = parse_request_json(request.body);
  if (!body.is_object() || !body.contains("queryId") || !body["queryId"].is_string()) {
    return reply_bad_request(response, "expected a JSON object with \"queryId\"");
  }
  const auto id = body["queryId"].get<std::string>();
  if (request.audit) request.audit->add("CLOSE", id);
  if (engine.close_query(id)) return reply_json(response, 200, nlohmann::ordered_json::object());
  response.reply(404, {{"Content-Type", "application/json"}}, error_body(40401, "No query with id " + id));
}

}  // namespace

void register_close_query(RouteRegistry& registry) {
  registry.add({"POST", "/close-query",
                [&engine = registry.engine()](Request& request, const ResponseStreamPtr& response) {
                  answer(engine, request, *response);
                }},
               "CLOSE");
}

}  // namespace millrace
