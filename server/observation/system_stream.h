// A stream that the server writes of itself: SYS_AUDIT, SYS_STATISTICS, SYS_QUERIES.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/log.h"
#include "runtime/source.h"

namespace millrace {

// Null, BIGINT or TIMESTAMP, DOUBLE, VARCHAR.
using SystemValue = std::variant<std::monostate, int64_t, double, std::string>;

// Their columns; the first is TIME, the row's time.
const Schema& audit_schema();
const Schema& statistics_schema();
const Schema& query_states_schema();

// Not thread-safe.
class SystemStream {
 public:
  explicit SystemStream(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  const Source& source() const { return *source_; }
  // As many values as columns. Where too many rows wait, the oldest go.
  void add(std::vector<SystemValue> row);
  bool empty() const { return rows_.empty(); }
  // The rows as records; they are kept until they are forgotten.
  std::vector<RecordBlock> encode(const Log& log) const;
  void forget() { rows_.clear(); }
  size_t lost() const { return lost_; }

 private:
  std::shared_ptr<const Source> source_;
  std::vector<std::vector<SystemValue>> rows_;
  size_t lost_ = 0;
};

}  // namespace millrace
