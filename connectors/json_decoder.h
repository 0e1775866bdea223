// JSON records to columns.
#pragma once

#include <memory>
#include <vector>

#include "runtime/format.h"

namespace millrace {

// `wrapped`: each record is an object of the fields; otherwise it is the value of the only field.
//
// A field's name is looked for exactly first, then upper-cased; of equal names the last counts. What is not declared is
// skipped (with `refuse_unknown`: refused), what is missing is null. INTEGER, BIGINT, DATE, TIME and TIMESTAMP take
// whole numbers and strings of them, DOUBLE and DECIMAL any number and strings of them, STRING any value as its text,
// BYTES base64. A DECIMAL with more digits than its scale is refused, not rounded. A record `null` has null in every
// field.
std::unique_ptr<Decoder> make_json_decoder(const std::vector<Field>& fields, bool wrapped, bool refuse_unknown = false);

}  // namespace millrace
