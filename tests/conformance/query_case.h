// A case of statements, records in and records out.
#pragma once

#include "tests/conformance/run_outcome.h"

namespace millrace::conformance {

// Whether the case can be run so: with several input topics it is fed record by record.
bool can_run(const TestCase& test, const RunOptions& options);
Outcome run_query_case(const TestCase& test, const RunOptions& options);

}  // namespace millrace::conformance
