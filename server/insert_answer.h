// Rows from a client into a stream, acknowledged as they are committed.
#pragma once

#include "server/engine.h"
#include "server/http/request.h"
#include "server/http/response_stream.h"

namespace millrace {

// The body: {"target":…,"properties":{…}} on the first line, then a JSON object a line. The answer:
// {"status":"ok","seq":n} or {"status":"error","seq":n,…} a row. No thread waits; when many rows are on their way, the
// client has to.
void stream_inserts(Engine& engine, Request& request, size_t row_bytes_max, const ResponseStreamPtr& response);

}  // namespace millrace
