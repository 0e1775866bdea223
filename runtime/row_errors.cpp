#include "runtime/row_errors.h"

namespace millrace {

std::string_view row_error_name(RowErrorCode code) {
  switch (code) {
    case RowErrorCode::malformed:
      return "MALFORMED";
    case RowErrorCode::wrong_type:
      return "WRONG_TYPE";
    case RowErrorCode::out_of_range:
      return "OUT_OF_RANGE";
    case RowErrorCode::invalid_utf8:
      return "INVALID_UTF8";
    case RowErrorCode::too_large:
      return "TOO_LARGE";
    case RowErrorCode::bad_timestamp:
      return "BAD_TIMESTAMP";
    case RowErrorCode::division_by_zero:
      return "DIVISION_BY_ZERO";
    case RowErrorCode::failed_cast:
      return "FAILED_CAST";
    case RowErrorCode::overflow:
      return "OVERFLOW";
    case RowErrorCode::invalid_argument:
      return "INVALID_ARGUMENT";
    case RowErrorCode::unknown_column:
      return "UNKNOWN_COLUMN";
    case RowErrorCode::null_key:
      return "NULL_KEY";
  }
  return "MALFORMED";
}

}  // namespace millrace
