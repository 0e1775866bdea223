// Values as JSON text.
#pragma once

#include <string>
#include <string_view>

#include "runtime/column.h"

namespace millrace {

enum class JsonTimes : uint8_t {
  numbers,  // as records hold them: DATE in days, TIME and TIMESTAMP in milliseconds
  text,     // as results show them: "2001-01-31", "13:01:02", "2001-01-31T13:01:02.003"
};

// Null is null, DECIMAL a number with all digits of its scale, BYTES base64, DOUBLE as Java prints it (NaN and
// infinities as strings). A STRUCT names its fields as declared; a MAP's null key is "null".
void append_json(const Column& column, size_t row, std::string& out, JsonTimes times = JsonTimes::numbers);
// In quotes, escaped. `text` is UTF-8 and goes through as it is.
void append_json_string(std::string_view text, std::string& out);

}  // namespace millrace
