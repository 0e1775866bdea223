#include "runtime/error.h"

namespace millrace {

std::string_view error_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::syntax:
      return "syntax";
    case ErrorCode::statement_too_large:
      return "statement_too_large";
    case ErrorCode::undefined_variable:
      return "undefined_variable";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::source_exists:
      return "source_exists";
    case ErrorCode::source_unknown:
      return "source_unknown";
    case ErrorCode::column_unknown:
      return "column_unknown";
    case ErrorCode::column_exists:
      return "column_exists";
    case ErrorCode::column_ambiguous:
      return "column_ambiguous";
    case ErrorCode::name_invalid:
      return "name_invalid";
    case ErrorCode::function_unknown:
      return "function_unknown";
    case ErrorCode::query_unknown:
      return "query_unknown";
    case ErrorCode::topic_unknown:
      return "topic_unknown";
    case ErrorCode::topic_exists:
      return "topic_exists";
    case ErrorCode::type_unknown:
      return "type_unknown";
    case ErrorCode::source_kind:
      return "source_kind";
    case ErrorCode::source_in_use:
      return "source_in_use";
    case ErrorCode::operation_forbidden:
      return "operation_forbidden";
    case ErrorCode::type_mismatch:
      return "type_mismatch";
    case ErrorCode::property_unknown:
      return "property_unknown";
    case ErrorCode::property_invalid:
      return "property_invalid";
    case ErrorCode::grouping_invalid:
      return "grouping_invalid";
    case ErrorCode::query_invalid:
      return "query_invalid";
    case ErrorCode::value_invalid:
      return "value_invalid";
    case ErrorCode::literal_invalid:
      return "literal_invalid";
    case ErrorCode::emit_missing:
      return "emit_missing";
    case ErrorCode::schema_mismatch:
      return "schema_mismatch";
    case ErrorCode::limit_exceeded:
      return "limit_exceeded";
    case ErrorCode::quota_exceeded:
      return "quota_exceeded";
    case ErrorCode::timeout:
      return "timeout";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::not_ready:
      return "not_ready";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::internal:
      return "internal";
    case ErrorCode::log_failed:
      return "log_failed";
    case ErrorCode::log_full:
      return "log_full";
    case ErrorCode::log_corrupt:
      return "log_corrupt";
    case ErrorCode::log_locked:
      return "log_locked";
    case ErrorCode::log_version:
      return "log_version";
    case ErrorCode::log_permission:
      return "log_permission";
    case ErrorCode::position_lost:
      return "position_lost";
    case ErrorCode::fenced:
      return "fenced";
    case ErrorCode::state_unreadable:
      return "state_unreadable";
  }
  return "internal";
}

}  // namespace millrace
