// Formats of keys and values that have no columns.
#pragma once

#include <memory>

#include "runtime/format.h"

namespace millrace {

// Does not look at the payloads.
std::unique_ptr<Decoder> make_no_column_decoder();
// Writes null for every row.
std::unique_ptr<Encoder> make_no_column_encoder();

}  // namespace millrace
