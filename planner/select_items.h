// The items of a SELECT as columns of its result: * expanded, names chosen.
#pragma once

#include <string>
#include <vector>

#include "planner/from_clause.h"

namespace millrace {

enum class QueryUse : uint8_t {
  persistent,  // CREATE … AS SELECT, INSERT INTO … SELECT: the result has a key
  transient,   // SELECT … EMIT CHANGES: columns as they are listed
};

// One column of the result.
struct SelectedItem {
  const syntax::Expression* expression = nullptr;  // absent: the column
  size_t column = 0;                               // of FROM
  std::string name;
  syntax::Position position;
};

// Throws Error{source_unknown} for a qualifier that names no source, Error{column_exists} where two columns of the
// result have one name.
std::vector<SelectedItem> expand_items(const syntax::Query& query, const FromClause& from, QueryUse use);

}  // namespace millrace
