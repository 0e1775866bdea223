// The server's numbers in Prometheus's text format, version 0.0.4.
#pragma once

#include <string>
#include <vector>

#include "server/observation/statistics.h"

namespace millrace {

// "millrace_requests_total{operation="CREATE",object="S"} 7": counters end in _total, durations are summaries in
// seconds. Each name comes once with its help and type.
std::string prometheus_text(const std::vector<Metric>& metrics);

}  // namespace millrace
