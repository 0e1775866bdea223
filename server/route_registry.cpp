#include "server/route_registry.h"

#include "server/observation/audited_response.h"

namespace millrace {

void RouteRegistry::add(Route route, std::string operation) {
  if (operation.empty()) return table_.add(std::move(route));
  route.arrived = [&audit = engine_.observation().audit(), operation = std::move(operation)](Request& request) {
    request.audit = audit.begin({std::string(request.headers.get("X-Session-Id")), request.id, "", request.peer,
                                 request.method + " " + request.path, operation});
  };
  if (route.handler) {
    route.handler = [inner = std::move(route.handler)](Request& request, const ResponseStreamPtr& response) {
      const ResponseStreamPtr heard = audited(response, request.audit);
      run_audited(*request.audit, [&] { inner(request, heard); });
    };
  }
  table_.add(std::move(route));
}

}  // namespace millrace
