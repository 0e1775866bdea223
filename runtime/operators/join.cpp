#include "runtime/operators/join.h"

#include "runtime/check.h"
#include "runtime/operators/join_makers.h"

namespace millrace {

std::unique_ptr<Operator> make_join(JoinOptions options) {
  switch (options.shape) {
    case JoinShape::stream_stream:
      return make_stream_join(std::move(options));
    case JoinShape::stream_table:
      return make_lookup_join(std::move(options));
    case JoinShape::table_table:
      return make_table_join(std::move(options));
    case JoinShape::foreign_key:
      return make_foreign_key_join(std::move(options));
  }
  MILLRACE_CHECK(false);
  return nullptr;
}

}  // namespace millrace
