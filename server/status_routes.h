// GET /info, /healthcheck, /v1/health/live and /v1/health/ready: who answers, and whether it is well. Also while the
// server starts.
#pragma once

#include <functional>
#include <string>

#include "server/engine.h"
#include "server/http/route_table.h"

namespace millrace {

// What clients are told of this server.
struct ServerIdentity {
  std::string version;
  std::string service_id;
};

// `status` is called on the front's thread and must not wait. Each route is given to `add`.
void add_status_routes(const ServerIdentity& identity, const std::function<ServerStatus()>& status,
                       const std::function<void(Route)>& add);

}  // namespace millrace
