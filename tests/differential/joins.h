// What the joins of all shapes have in common.
#pragma once

#include "tests/differential/query_case.h"

namespace millrace::differential {

struct JoinKind {
  std::string sql;
  bool pads_left = false, pads_right = false;  // a row of that side without a partner comes out
};
// Of INNER and LEFT, and of RIGHT and FULL where `any`.
JoinKind random_join_kind(bool any, Random& random);

// The key of the result as a SELECT names it: the left side's, or that of neither.
std::string joined_key(const JoinKind& kind, const std::string& left, const std::string& right);

}  // namespace millrace::differential
