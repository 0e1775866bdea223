// A record of the statements topic: what was said, and what it must mean when it is replayed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/log.h"

namespace millrace {

struct StatementRecord {
  std::string sql;
  std::map<std::string, std::string> properties;  // of the session, in effect
  std::vector<Position> start;                    // of its query: where it began to read
  std::map<std::string, uint64_t> topics;         // ids of the topics that it found
  std::string fingerprint;                        // of the plan of its query
};

std::string encode_statement(const StatementRecord& record);
// Throws Error{state_unreadable}.
StatementRecord decode_statement(std::string_view text);

}  // namespace millrace
