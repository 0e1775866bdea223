#include "tests/differential/joins.h"

namespace millrace::differential {

JoinKind random_join_kind(bool any, Random& random) {
  static const std::vector<JoinKind> kinds = {
      {"INNER", false, false}, {"LEFT", true, false}, {"RIGHT", false, true}, {"FULL OUTER", true, true}};
  return kinds[static_cast<size_t>(random.below(any ? 4 : 2))];
}

std::string joined_key(const JoinKind& kind, const std::string& left, const std::string& right) {
  if (kind.pads_left && kind.pads_right) return "ROWKEY";
  return kind.pads_right ? right : left;
}

}  // namespace millrace::differential
