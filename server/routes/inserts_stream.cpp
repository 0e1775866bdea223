// POST /inserts-stream: rows as they come, acknowledged as they are committed.
#include "server/insert_answer.h"
#include "server/route_registry.h"

namespace millrace {

void register_inserts_stream(RouteRegistry& registry) {
  registry.add({"POST", "/inserts-stream",
                [&engine = registry.engine(), bytes_max = registry.insert_row_bytes_max()](
                    Request& request, const ResponseStreamPtr& response) {
                  stream_inserts(engine, request, bytes_max, response);
                },
                Route::Body::streamed},
               "INSERT");
}

}  // namespace millrace
