// What ends a statement or a query. Bad rows are data (row_errors.h); broken programs abort (check.h).
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace millrace {

// Stable: the names and numbers are part of the public API, new ones are added at the end of their group.
enum class ErrorCode : uint16_t {
  // what was said
  syntax = 1000,
  statement_too_large = 1001,
  undefined_variable = 1002,
  unsupported = 1003,
  // names
  source_exists = 1100,
  source_unknown = 1101,
  column_unknown = 1102,
  column_exists = 1103,
  column_ambiguous = 1104,
  name_invalid = 1105,
  function_unknown = 1106,
  query_unknown = 1107,
  topic_unknown = 1108,
  topic_exists = 1109,
  type_unknown = 1110,
  source_kind = 1111,
  source_in_use = 1112,
  operation_forbidden = 1113,
  // meaning
  type_mismatch = 1200,
  property_unknown = 1201,
  property_invalid = 1202,
  grouping_invalid = 1203,
  query_invalid = 1204,
  value_invalid = 1205,
  literal_invalid = 1206,
  emit_missing = 1207,
  schema_mismatch = 1208,
  join_invalid = 1209,
  replacement_invalid = 1210,
  assertion_failed = 1211,
  // limits and time
  limit_exceeded = 1300,
  quota_exceeded = 1301,
  timeout = 1302,
  cancelled = 1303,
  // the server
  not_ready = 1400,
  unavailable = 1401,
  internal = 1402,
  // the log
  log_failed = 1500,
  log_full = 1501,
  log_corrupt = 1502,
  log_locked = 1503,
  log_version = 1504,
  log_permission = 1505,
  position_lost = 1506,
  fenced = 1507,
  state_unreadable = 1508,
};

// "source_unknown" and so on.
std::string_view error_name(ErrorCode code);

// A place in the text of a statement; both count from 1, {0, 0} is "nowhere".
struct TextPosition {
  int line = 0;
  int column = 0;
};

// Thrown where a statement or a query cannot go on; caught in Engine::execute and around a step, nowhere else.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message, TextPosition position = {})
      : code_(code), message_(std::move(message)), position_(position) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  TextPosition position() const { return position_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
  TextPosition position_;
};

}  // namespace millrace
