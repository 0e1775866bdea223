// A case over the REST API: statements in one request, records in, queries, and what they answer.
#pragma once

#include "tests/conformance/run_outcome.h"

namespace millrace::conformance {

// The engine is behind an HTTP front of its own on loopback.
Outcome run_rest_case(const TestCase& test, const RunOptions& options);

}  // namespace millrace::conformance
