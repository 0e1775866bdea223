#include "tests/differential/shapes.h"

namespace millrace::differential {

const std::map<std::string, Shape>& shapes() {
  static const std::map<std::string, Shape> all = {
      {"projection", projection_shape},
      {"explode", explode_shape},
      {"table", table_shape},
      {"grouping", grouping_shape},
      {"table_grouping", table_grouping_shape},
      {"window", window_shape},
      {"session", session_shape},
      {"stream_join", stream_join_shape},
      {"lookup_join", lookup_join_shape},
      {"table_join", table_join_shape},
      {"foreign_key", foreign_key_shape},
  };
  return all;
}

}  // namespace millrace::differential
