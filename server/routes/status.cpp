// GET /info, /healthcheck, /v1/health/live and /v1/health/ready, of a server that has started.
#include "server/status_routes.h"

#include "server/route_registry.h"

namespace millrace {

void register_status(RouteRegistry& registry) {
  add_status_routes(
      registry.identity(), [&engine = registry.engine()] { return engine.status(); },
      [&registry](Route route) { registry.add(std::move(route)); });
}

}  // namespace millrace
