// The joins with tables, plainly: what each row makes of the result.
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

// Of the two topics, the left one first. Keys are KEY; values are the columns of the left side but its key, then those
// of the right side but its key, as in `joined_names`.
std::vector<std::string> joined_names(const std::vector<TopicSpec>& topics);
Results join_tables(const JoinKind& kind, const std::vector<TopicSpec>& topics, const Events& events);
// The left table's column `reference` names the right one's key.
Results join_foreign(const JoinKind& kind, size_t reference, const std::vector<TopicSpec>& topics,
                     const Events& events);
// A stream by its column `reference`, which is the result's key; all its columns are values.
std::vector<std::string> looked_up_names(const std::vector<TopicSpec>& topics);
Results join_lookup(const JoinKind& kind, size_t reference, const std::vector<TopicSpec>& topics, const Events& events);

}  // namespace millrace::differential
