// Why rows that somebody inserted are not in the log.
#pragma once

#include "runtime/error.h"
#include "runtime/log.h"

namespace millrace {

// Of a result that is not committed.
Error commit_error(const CommitResult& result, const Log& log);

}  // namespace millrace
