// A case on an engine of this process, over a log in memory.
#pragma once

#include <string>
#include <vector>

#include "tests/differential/query_case.h"

namespace millrace::differential {

// The result's records as ResultRow::to_string() has them. Throws std::runtime_error where a statement is refused, the
// query does not come to rest, or its counters do not add up.
std::vector<std::string> run_on_engine(const QueryCase& one);

}  // namespace millrace::differential
