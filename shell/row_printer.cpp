#include "shell/row_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cwchar>

#include "shell/json_text.h"

namespace millrace::shell {
namespace {

bool is_number(std::string_view type) {
  return type == "INTEGER" || type == "INT" || type == "BIGINT" || type == "DOUBLE" || type.starts_with("DECIMAL");
}

// The character at the front of a UTF-8 text and its length; a broken one is a byte by itself.
std::pair<char32_t, size_t> first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0x80 || lead < 0xc0 || length > text.size()) return {lead, 1};
  char32_t character = lead & (0xffu >> (length + 1));
  for (size_t i = 1; i < length; ++i) character = character << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  return {character, length};
}

void append_csv(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out.push_back('"');
}

std::string csv_line(const ResultRow& row) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) line.push_back(',');
    if (row[i] != "null") append_csv(line, plain_text(row[i]));
  }
  return line + "\n";
}

std::string json_line(const std::vector<ResultColumn>& columns, const ResultRow& row) {
  std::string line = "{";
  for (size_t i = 0; i < row.size() && i < columns.size(); ++i) {
    if (i > 0) line.push_back(',');
    line.append(json_string(columns[i].name)).append(":").append(row[i]);
  }
  return line + "}\n";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto [character, length] = first_character(text);
    text.remove_prefix(length);
    const int columns = wcwidth(static_cast<wchar_t>(character));
    width += columns < 0 ? 1 : static_cast<size_t>(columns);
  }
  return width;
}

TableText::TableText(const std::vector<ResultColumn>& columns) {
  for (const ResultColumn& column : columns) {
    columns_.push_back({column.name, is_number(column.type), display_width(column.name)});
  }
}

void TableText::fit(const ResultRow& row) {
  for (size_t i = 0; i < row.size() && i < columns_.size(); ++i) {
    columns_[i].width = std::max(columns_[i].width, display_width(printable(plain_text(row[i]))));
  }
}

void TableText::append_cell(std::string& out, const Column& column, std::string_view text, bool last) const {
  const size_t width = display_width(text);
  const size_t blank = column.width > width ? column.width - width : 0;
  out.push_back(' ');
  if (column.right) out.append(blank, ' ');
  out.append(text);
  if (!column.right && !last) out.append(blank, ' ');
  out.append(last ? "" : " |");
}

std::string TableText::header() const {
  std::string names;
  std::string rule;
  for (const Column& column : columns_) {
    const bool last = &column == &columns_.back();
    append_cell(names, column, column.name, last);
    rule.append(column.width + 2, '-').append(last ? "" : "+");
  }
  return names + "\n" + rule + "\n";
}

std::string TableText::line(const ResultRow& row) const {
  std::string out;
  for (size_t i = 0; i < row.size() && i < columns_.size(); ++i) {
    append_cell(out, columns_[i], printable(plain_text(row[i])), i + 1 == columns_.size());
  }
  return out + "\n";
}

RowPrinter::RowPrinter(OutputFormat format, std::ostream& out, std::vector<ResultColumn> columns)
    : format_(format), out_(out), columns_(std::move(columns)), table_(columns_) {}

void RowPrinter::print_header() {
  header_printed_ = true;
  if (format_ == OutputFormat::table) out_ << table_.header();
  if (format_ != OutputFormat::csv) return;
  std::string line;
  for (const ResultColumn& column : columns_) {
    if (!line.empty()) line.push_back(',');
    append_csv(line, column.name);
  }
  out_ << line << "\n";
}

void RowPrinter::print(const std::vector<ResultRow>& rows) {
  if (format_ == OutputFormat::table) {
    for (const ResultRow& row : rows) table_.fit(row);
  }
  if (!header_printed_) print_header();
  for (const ResultRow& row : rows) {
    switch (format_) {
      case OutputFormat::table:
        out_ << table_.line(row);
        break;
      case OutputFormat::json:
        out_ << json_line(columns_, row);
        break;
      case OutputFormat::csv:
        out_ << csv_line(row);
        break;
    }
  }
  rows_ += rows.size();
  out_ << std::flush;
}

void RowPrinter::print_header_once() {
  if (header_printed_) return;
  print_header();
  out_ << std::flush;
}

void RowPrinter::end(bool with_count) {
  print_header_once();
  if (with_count && format_ == OutputFormat::table) out_ << "(" << rows_ << (rows_ == 1 ? " row)\n" : " rows)\n");
  out_ << std::flush;
}

}  // namespace millrace::shell
