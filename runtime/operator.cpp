#include "runtime/operator.h"

namespace millrace {

void StepContext::report(const Batch& batch, RowErrors& errors) {
  counters.row_errors += static_cast<int64_t>(errors.count());
  for (const RowError& error : errors.errors()) {
    if (failed.size() >= failed_max) break;
    failed.push_back({input, batch.partition->at<int32_t>(error.row), batch.offset->at<int64_t>(error.row), error.code,
                      error.reason});
  }
  errors.clear();
}

}  // namespace millrace
