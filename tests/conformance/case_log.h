// The log that a case runs on, empty at its begin.
#pragma once

#include <memory>

#include "runtime/log.h"
#include "tests/conformance/run_outcome.h"
#include "tests/program/temporary_directory.h"

namespace millrace::conformance {

// Retention does nothing: tables' topics are compacted, and every update must still be there at the end.
class CaseLog {
 public:
  explicit CaseLog(const RunOptions& options);
  ~CaseLog();
  CaseLog(const CaseLog&) = delete;
  CaseLog& operator=(const CaseLog&) = delete;

  const std::shared_ptr<Log>& get() const { return log_; }
  Log* operator->() const { return log_.get(); }

 private:
  std::unique_ptr<testing::TemporaryDirectory> directory_;  // of an embedded log
  std::shared_ptr<Log> log_;
  bool shared_;  // a cluster, which the next case uses too
};

}  // namespace millrace::conformance
