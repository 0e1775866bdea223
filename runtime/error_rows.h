// The rows of SYS_ERRORS: records that were rejected, and rows whose expressions failed.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/format.h"
#include "runtime/log.h"
#include "runtime/schema.h"
#include "runtime/step.h"

namespace millrace {

const Schema& error_schema();

class ErrorRows {
 public:
  ErrorRows() = default;

  // `time` is the processing time of the step that found it: TIME, and the record's timestamp, by which retention goes.
  void add(const Source& source, const RejectedRecord& record, int64_t time);
  void add(const Source& source, std::string_view query, const FailedRow& row, int64_t time);
  size_t size() const { return rows_.size(); }
  // One record per row, in the format that the errors topic has.
  RecordBlock encode(TopicId topic, const Format& format) const;

 private:
  struct Row {
    int64_t time;
    std::optional<std::string> query;
    std::string stream, topic;
    int32_t partition;
    int64_t offset;
    RowErrorCode code;
    std::string reason;
    std::optional<std::string> payload;
  };
  std::vector<Row> rows_;
};

}  // namespace millrace
