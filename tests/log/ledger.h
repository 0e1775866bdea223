// Numbered commits over several topics, and numbered appends to another, of which one can tell later whether all that
// was acknowledged is there, whole, and nothing else.
#pragma once

#include <string>
#include <vector>

#include "runtime/log.h"

namespace millrace::testing {

class Ledger {
 public:
  // Makes the topics where they are missing.
  explicit Ledger(Log& log);

  std::vector<RecordBlock> commit_blocks(int64_t number) const;
  std::vector<RecordBlock> append_blocks(int64_t number) const;

  struct Contents {
    int64_t commits = 0;  // 1 to this are there, each whole
    int64_t appends = 0;
    std::string wrong;  // empty: nothing
  };
  Contents read() const;

 private:
  Log& log_;
  std::vector<TopicId> topics_;
  TopicId ingest_;
};

}  // namespace millrace::testing
