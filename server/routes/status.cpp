// GET /info and GET /healthcheck: who answers, and whether it is well.
#include <nlohmann/json.hpp>

#include "server/error_answer.h"
#include "server/route_registry.h"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

const char* server_status(ServerState state) {
  switch (state) {
    case ServerState::starting:
      return "INITIALIZING";
    case ServerState::ready:
      return "RUNNING";
    case ServerState::degraded:
      return "DEGRADED";
    case ServerState::stopping:
      return "TERMINATING";
  }
  return "";
}

Json info(const RouteRegistry::Identity& identity, const ServerStatus& status) {
  return {{"KsqlServerInfo",
           {{"version", identity.version},
            {"kafkaClusterId", "millrace"},
            {"ksqlServiceId", identity.service_id},
            {"serverStatus", server_status(status.state)}}}};
}

Json health(const ServerStatus& status) {
  const bool healthy = status.state == ServerState::ready;
  Json json = {{"isHealthy", healthy},
               {"details", {{"metastore", {{"isHealthy", healthy}}}, {"kafka", {{"isHealthy", healthy}}}}},
               {"serverState", status.state == ServerState::ready ? "READY" : server_status(status.state)}};
  if (!status.reason.empty()) json["reason"] = status.reason;
  return json;
}

}  // namespace

void register_status(RouteRegistry& registry) {
  Engine& engine = registry.engine();
  registry.add({"GET", "/info",
                [&engine, identity = registry.identity()](Request&, const ResponseStreamPtr& response) {
                  reply_json(*response, 200, info(identity, engine.status()));
                },
                Route::Body::collected, Route::Thread::front});
  registry.add({"GET", "/healthcheck",
                [&engine](Request&, const ResponseStreamPtr& response) {
                  const ServerStatus status = engine.status();
                  reply_json(*response, status.state == ServerState::ready ? 200 : 503, health(status));
                },
                Route::Body::collected, Route::Thread::front});
}

}  // namespace millrace
