#include "server/commit_error.h"

namespace millrace {

Error commit_error(const CommitResult& result, const Log& log) {
  if (result.outcome == CommitOutcome::fenced) return Error(ErrorCode::fenced, "another server owns the log");
  if (result.full) return Error(ErrorCode::log_full, result.reason);
  const bool dropped = result.topic && !log.describe(*result.topic);
  return Error(dropped ? ErrorCode::topic_unknown : ErrorCode::log_failed, result.reason);
}

}  // namespace millrace
