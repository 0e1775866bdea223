#include "server/status_routes.h"

#include <nlohmann/json.hpp>

#include "server/error_answer.h"

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

Json info(const ServerIdentity& identity, const ServerStatus& status) {
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

const char* state_name(ServerState state) {
  switch (state) {
    case ServerState::starting:
      return "starting";
    case ServerState::ready:
      return "ready";
    case ServerState::degraded:
      return "degraded";
    case ServerState::stopping:
      return "stopping";
  }
  return "";
}

Json state_json(const ServerStatus& status) {
  Json json = {{"state", state_name(status.state)}};
  if (!status.reason.empty()) json["reason"] = status.reason;
  return json;
}

}  // namespace

void add_status_routes(const ServerIdentity& identity, const std::function<ServerStatus()>& status,
                       const std::function<void(Route)>& add) {
  const auto get = [&](const std::string& path,
                       const std::function<void(const ServerStatus&, ResponseStream&)>& answer) {
    add({"GET", path, [status, answer](Request&, const ResponseStreamPtr& response) { answer(status(), *response); },
         Route::Body::collected, Route::Thread::front});
  };
  get("/info", [identity](const ServerStatus& now, ResponseStream& response) {
    reply_json(response, 200, info(identity, now));
  });
  // As ksqlDB's server answers who asks for nothing.
  get("/", [](const ServerStatus&, ResponseStream& response) { response.reply(307, {{"Location", "/info"}}, ""); });
  get("/healthcheck", [](const ServerStatus& now, ResponseStream& response) {
    reply_json(response, now.state == ServerState::ready ? 200 : 503, health(now));
  });
  // Whether to start it anew would help: it answers, so it would not.
  get("/v1/health/live",
      [](const ServerStatus& now, ResponseStream& response) { reply_json(response, 200, state_json(now)); });
  // Whether to send it requests: a log that refuses commits still answers reads.
  get("/v1/health/ready", [](const ServerStatus& now, ResponseStream& response) {
    const bool takes = now.state == ServerState::ready || now.state == ServerState::degraded;
    reply_json(response, takes ? 200 : 503, state_json(now));
  });
}

}  // namespace millrace
