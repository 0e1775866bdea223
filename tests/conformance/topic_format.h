// How the records of a topic lie in bytes, and as the JSON that cases give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/record_block.h"
#include "runtime/schema.h"
#include "tests/conformance/run_outcome.h"

namespace millrace::conformance {

enum class KeyWindow { none, time, session };

struct TopicFormat {
  std::string key_format = "KAFKA", value_format = "JSON";
  std::vector<Field> keys, values;  // empty: not known
  KeyWindow window = KeyWindow::none;
  std::optional<int64_t> window_size_ms;
};

// Absent: null.
using Payload = std::optional<std::string>;

// Throw Miss where the format is not known here.
Payload encode_key(const TopicFormat& format, const CaseRecord& record);
Payload encode_value(const TopicFormat& format, const CaseRecord& record);
// The record as a case would write it, with every member that the bytes tell.
CaseRecord decode_record(const TopicFormat& format, int64_t timestamp, Bytes key, Bytes value, Bytes headers);

}  // namespace millrace::conformance
