// Rows of a result for people and for programs.
#pragma once

#include <ostream>
#include <string>
#include <vector>

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

// Lines of aligned columns; a column grows with what it is shown.
class TableText {
 public:
  explicit TableText(const std::vector<ResultColumn>& columns);

  // Makes room for the row's cells.
  void fit(const ResultRow& row);
  // Two lines, with their ends.
  std::string header() const;
  std::string line(const ResultRow& row) const;

 private:
  struct Column {
    std::string name;
    bool right = false;  // numbers
    size_t width = 0;
  };
  void append_cell(std::string& out, const Column& column, std::string_view text, bool last) const;

  std::vector<Column> columns_;
};

// Prints as rows come, flushing after each lot.
class RowPrinter {
 public:
  RowPrinter(OutputFormat format, std::ostream& out, std::vector<ResultColumn> columns);

  void print(const std::vector<ResultRow>& rows);
  // Before any row, where none comes for a while; a table's columns are then as wide as their names.
  void print_header_once();
  bool header_printed() const { return header_printed_; }
  // The header, where there was no row to print it for, and the count.
  void end(bool with_count);

 private:
  void print_header();

  const OutputFormat format_;
  std::ostream& out_;
  const std::vector<ResultColumn> columns_;
  TableText table_;
  bool header_printed_ = false;
  size_t rows_ = 0;
};

}  // namespace millrace::shell
