// One JSON scalar to one element of a column.
#pragma once

#include <string>
#include <string_view>

#include "runtime/column.h"

namespace millrace {

enum class JsonScalar : uint8_t { value, null, malformed, wrong_type, out_of_range };

// `token` is one token, not a brace or bracket; `out` has `row`, or is null where the value is only checked. Text
// without escapes stays where the token is. `scratch` is memory to reuse.
JsonScalar read_json_scalar(const Type& type, std::string_view token, Column* out, size_t row, std::string& scratch);

}  // namespace millrace
