// A record of the statements topic: what was said, and what it must mean when it is replayed; or that the effects of
// one that was said are complete.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/log.h"

namespace millrace {

struct StatementRecord {
  std::string sql;
  std::map<std::string, std::string> properties;  // of the session, in effect
  // Of its query: where it began to read. Of DROP … DELETE TOPIC: where the topic ended.
  std::vector<Position> start;
  std::map<std::string, uint64_t> topics;     // ids of the topics that it found
  std::map<std::string, int32_t> partitions;  // of the topics that it planned with: they may have more by now
  std::string fingerprint;                    // of the plan of its query
  std::optional<int64_t> completes;           // instead of all the rest: the offset of the statement's record
};

std::string encode_statement(const StatementRecord& record);
// Throws Error{state_unreadable}.
StatementRecord decode_statement(std::string_view text);

}  // namespace millrace
