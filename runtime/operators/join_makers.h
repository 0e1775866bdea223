// The joins by their shape.
#pragma once

#include "runtime/operators/join.h"

namespace millrace {

std::unique_ptr<Operator> make_stream_join(JoinOptions options);
std::unique_ptr<Operator> make_lookup_join(JoinOptions options);
std::unique_ptr<Operator> make_table_join(JoinOptions options);
std::unique_ptr<Operator> make_foreign_key_join(JoinOptions options);

}  // namespace millrace
