// The columns that an expression may name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "planner/context.h"

namespace millrace {

class Scope {
 public:
  struct Column {
    std::string qualifier;  // name or alias of the source; empty: of the query itself
    std::string name;       // empty: it cannot be named
    Type type;
    bool pseudo = false;  // not part of *
  };

  size_t add(Column column) {
    columns_.push_back(std::move(column));
    return columns_.size() - 1;
  }
  const std::vector<Column>& columns() const { return columns_; }
  // The column's name, with its source's before it where there are several.
  std::string label(size_t column) const;
  // Throws Error{column_unknown} or Error{column_ambiguous}.
  size_t resolve(const syntax::Expression& column) const;
  // What results are called: no expression can name them, and who does is told so.
  void name_results(const syntax::Query& query);
  // Said after "there is no column X": "S has A, B, C". Long lists are cut.
  std::string available() const;

 private:
  std::vector<Column> columns_;
  std::set<std::string> results_;
};

}  // namespace millrace
