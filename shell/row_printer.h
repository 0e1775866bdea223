// Rows of a result for people and for programs.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shell/terminal.h"

namespace millrace::shell {

enum class OutputFormat { table, json, csv };

struct ResultColumn {
  std::string name;
  std::string type;  // "BIGINT", "ARRAY<STRING>"; empty: unknown
  bool key = false;
};

// The cells of a row, each as JSON.
using ResultRow = std::vector<std::string>;

// How many columns of a terminal a text takes. Control characters take what printable() makes of them.
size_t display_width(std::string_view text);
// The same with control characters made visible.
std::string printable(std::string_view text);
// The same of a text for people, whose lines stay lines.
std::string printable_lines(std::string_view text);

// The text in lines of at most `width` columns, broken at spaces where there are some; at least one.
std::vector<std::string> wrap(std::string_view text, size_t width);
// Of a text that is wider than `width` the beginning and an ellipsis.
std::string cut(std::string_view text, size_t width);

// A name and its value, aligned; values of several lines, or wider than the terminal, go on below.
std::string names_and_values(const std::vector<std::pair<std::string, std::string>>& values, const Terminal& terminal);

// Lines of aligned columns; a column grows with what it is shown, as far as there is room.
class TableText {
 public:
  TableText(const std::vector<ResultColumn>& columns, const Terminal& terminal);

  // Makes room for the row's cells.
  void fit(const ResultRow& row);
  enum class Overflow { wrapped, cut };
  // From now on no line is wider than `room`: cells that need more have several lines, or are cut. False: that would
  // leave too little of the columns, and nothing is changed.
  bool narrow(size_t room, Overflow overflow);
  // With their ends.
  std::string header() const;
  std::string line(const ResultRow& row) const;

 private:
  struct Column {
    std::string name;
    bool right = false;  // numbers
    size_t wanted = 0;   // the widest cell's
    size_t width = 0;
  };
  using Style = std::string (Terminal::*)(std::string_view) const;
  std::vector<std::string> parts_of(const Column& column, const std::string& text) const;
  std::string lines_of(const std::vector<std::string>& cells, const std::vector<Style>& styles) const;

  std::vector<Column> columns_;
  const Terminal terminal_;
  Overflow overflow_ = Overflow::wrapped;
};

// Prints as rows come, flushing after each lot. On a terminal that is too narrow for a table each row is a list of
// names and values.
class RowPrinter {
 public:
  RowPrinter(OutputFormat format, std::ostream& out, std::vector<ResultColumn> columns, const Terminal& terminal = {});

  void print(const std::vector<ResultRow>& rows);
  // Before any row, where none comes for a while; a table's columns are then as wide as their names.
  void print_header_once();
  bool header_printed() const { return header_printed_; }
  size_t rows() const { return rows_; }
  // The header, where there was no row to print it for, and the count.
  void end(bool with_count);

 private:
  void print_header();

  const OutputFormat format_;
  std::ostream& out_;
  void print_record(const ResultRow& row);

  const std::vector<ResultColumn> columns_;
  const Terminal terminal_;
  TableText table_;
  bool records_ = false;  // names and values
  bool header_printed_ = false;
  size_t rows_ = 0;
};

}  // namespace millrace::shell
