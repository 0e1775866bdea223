// A table that shows the present rows of a changing result, in place.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "shell/row_printer.h"

namespace millrace::shell {

// One line of what /query sends.
struct QueryPart {
  std::optional<std::vector<ResultColumn>> header;
  std::optional<ResultRow> row;
  bool tombstone = false;
  std::string error;  // the whole object, or empty
};
QueryPart parse_query_part(const std::string& line);

// Rows by key, in the order of their keys; where no column is one, the latest rows. What has no room is what changed
// the longest ago.
class LiveTable {
 public:
  explicit LiveTable(std::vector<ResultColumn> columns);

  void apply(const ResultRow& row, bool tombstone);
  // At most `lines` lines that are no wider than the terminal, with their ends.
  std::vector<std::string> render(size_t lines, const Terminal& terminal) const;

  // Where tables are drawn, one below the other, each time over what was drawn before. Without a terminal one time
  // follows the other.
  class Screen {
   public:
    Screen(std::ostream& out, const Terminal& terminal) : out_(out), terminal_(terminal) {}
    void draw(const std::vector<const LiveTable*>& tables);
    // The terminal has another size than when it was drawn on.
    bool resized() const { return drawn_ > 0 && (width_ != terminal_.width() || height_ != terminal_.height()); }

   private:
    std::ostream& out_;
    const Terminal terminal_;
    size_t drawn_ = 0;  // lines
    size_t width_ = 0;
    size_t height_ = 0;
  };

 private:
  // Numbers by value, everything else as text.
  struct KeyOrder {
    bool operator()(const ResultRow& a, const ResultRow& b) const;
  };

  struct Entry {
    ResultRow row;
    uint64_t change = 0;  // which of all changes was its last
  };
  std::vector<const ResultRow*> latest_changed(size_t count) const;

  std::vector<ResultColumn> columns_;
  std::vector<size_t> keys_;
  std::map<ResultRow, Entry, KeyOrder> rows_;
  uint64_t changes_ = 0;
  std::deque<ResultRow> latest_;
};

}  // namespace millrace::shell
