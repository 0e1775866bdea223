#include "shell/row_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cwchar>

#include "shell/json_text.h"

namespace millrace::shell {
namespace {

// A column of a table that has less of its cells serves nobody: where they go on below, and where they are cut.
constexpr size_t wrapped_width_min = 20;
constexpr size_t cut_width_min = 4;
constexpr size_t record_value_min = 20;

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

// What fits into the width, at least one character; 0 of an empty text.
size_t fitting_bytes(std::string_view text, size_t width) {
  size_t at = 0;
  for (size_t taken = 0; at < text.size();) {
    const size_t length = first_character(text.substr(at)).second;
    taken += display_width(text.substr(at, length));
    if (taken > width && at > 0) break;
    at += length;
  }
  return at;
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
    } else if (byte < 0xa0 && out.ends_with('\xc2')) {  // U+0080 to U+009F are control characters, too
      out.pop_back();
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (;;) {
    const size_t end = text.find('\n');
    out += printable(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
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

std::vector<std::string> wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  for (bool more = true; more;) {
    const size_t break_at = text.find('\n');
    more = break_at != std::string_view::npos;
    std::string_view line = text.substr(0, break_at);
    if (more) text.remove_prefix(break_at + 1);
    for (size_t end = fitting_bytes(line, width); end < line.size(); end = fitting_bytes(line, width)) {
      const size_t space = line.substr(0, end + 1).rfind(' ');
      const bool at_space = space != std::string_view::npos && space > 0;
      if (at_space) end = space;
      lines.emplace_back(line.substr(0, end));
      line.remove_prefix(end + (at_space ? 1 : 0));
    }
    lines.emplace_back(line);
  }
  return lines;
}

std::string cut(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  return width == 0 ? "" : width == 1 ? "…" : std::string(text.substr(0, fitting_bytes(text, width - 1))) + "…";
}

std::string names_and_values(const std::vector<std::pair<std::string, std::string>>& values, const Terminal& terminal) {
  size_t widest = 0;
  for (const auto& [name, value] : values) widest = std::max(widest, display_width(name));
  const size_t used = widest + 4;
  const size_t room = std::max(terminal.width() - std::min(terminal.width(), used), record_value_min);
  std::string out;
  for (const auto& [name, value] : values) {
    out.append(" ").append(terminal.bold(name)).append(widest - display_width(name), ' ').append(" : ");
    bool first = true;
    for (const std::string& line : wrap(value, room)) {
      if (!first) out.append(used, ' ');
      out.append(line == "null" ? terminal.faint(line) : line).append("\n");
      first = false;
    }
  }
  return out;
}

TableText::TableText(const std::vector<ResultColumn>& columns, const Terminal& terminal) : terminal_(terminal) {
  for (const ResultColumn& column : columns) {
    const size_t width = display_width(printable(column.name));
    columns_.push_back({printable(column.name), is_number(column.type), width, width});
  }
}

void TableText::fit(const ResultRow& row) {
  for (size_t i = 0; i < row.size() && i < columns_.size(); ++i) {
    Column& column = columns_[i];
    column.wanted = std::max(column.wanted, display_width(printable(plain_text(row[i]))));
    column.width = column.wanted;
  }
}

bool TableText::narrow(size_t room, Overflow overflow) {
  const size_t lines = 3 * columns_.size();  // between the columns, with the space around them
  if (columns_.empty() || room == SIZE_MAX) return true;
  // The widest that a column may be.
  size_t widest = 0;
  for (const Column& column : columns_) widest = std::max(widest, column.wanted);
  const auto taken = [&] {
    size_t sum = lines - 1;
    for (const Column& column : columns_) sum += std::min(column.wanted, widest);
    return sum;
  };
  if (taken() > room) widest = std::min(widest, room);
  while (widest > 0 && taken() > room) --widest;
  const bool whole = std::all_of(columns_.begin(), columns_.end(), [&](auto& each) { return each.wanted <= widest; });
  if (!whole && widest < (overflow == Overflow::cut ? cut_width_min : wrapped_width_min)) return false;
  overflow_ = overflow;
  for (Column& column : columns_) column.width = std::min(column.wanted, widest);
  return true;
}

std::vector<std::string> TableText::parts_of(const Column& column, const std::string& text) const {
  if (overflow_ == Overflow::cut) return {cut(text, column.width)};
  return display_width(text) <= column.width ? std::vector{text} : wrap(text, column.width);
}

std::string TableText::lines_of(const std::vector<std::string>& cells, const std::vector<Style>& styles) const {
  std::vector<std::vector<std::string>> parts;
  size_t height = 1;
  for (size_t i = 0; i < columns_.size(); ++i) {
    parts.push_back(parts_of(columns_[i], i < cells.size() ? cells[i] : ""));
    height = std::max(height, parts.back().size());
  }
  std::string out;
  for (size_t line = 0; line < height; ++line) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      const bool last = i + 1 == columns_.size();
      const std::string text = line < parts[i].size() ? parts[i][line] : "";
      const size_t width = display_width(text);
      const size_t blank = columns_[i].width > width ? columns_[i].width - width : 0;
      out.push_back(' ');
      if (columns_[i].right) out.append(blank, ' ');
      out.append(styles[i] == nullptr ? text : (terminal_.*styles[i])(text));
      if (!columns_[i].right && !last) out.append(blank, ' ');
      if (!last) out.append(" |");
    }
    out.push_back('\n');
  }
  return out;
}

std::string TableText::header() const {
  std::vector<std::string> names;
  std::string rule;
  for (const Column& column : columns_) {
    names.push_back(column.name);
    rule.append(column.width + 2, '-').append(&column == &columns_.back() ? "" : "+");
  }
  return lines_of(names, std::vector<Style>(columns_.size(), &Terminal::bold)) + rule + "\n";
}

std::string TableText::line(const ResultRow& row) const {
  std::vector<std::string> cells;
  std::vector<Style> styles;
  for (const std::string& cell : row) {
    cells.push_back(printable(plain_text(cell)));
    styles.push_back(cell == "null" ? &Terminal::faint : Style());
  }
  styles.resize(columns_.size());
  return lines_of(cells, styles);
}

RowPrinter::RowPrinter(OutputFormat format, std::ostream& out, std::vector<ResultColumn> columns,
                       const Terminal& terminal)
    : format_(format), out_(out), columns_(std::move(columns)), terminal_(terminal), table_(columns_, terminal) {}

void RowPrinter::print_record(const ResultRow& row) {
  std::vector<std::pair<std::string, std::string>> values;
  for (size_t i = 0; i < row.size() && i < columns_.size(); ++i) {
    values.emplace_back(printable(columns_[i].name), printable(plain_text(row[i])));
  }
  out_ << (rows_ > 1 ? "\n" : "") << names_and_values(values, terminal_);
}

void RowPrinter::print_header() {
  header_printed_ = true;
  if (format_ == OutputFormat::table && !records_) out_ << table_.header();
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
    records_ = !table_.narrow(terminal_.width(), TableText::Overflow::wrapped) || records_;
  }
  if (!header_printed_) print_header();
  for (const ResultRow& row : rows) {
    ++rows_;
    switch (format_) {
      case OutputFormat::table:
        records_ ? print_record(row) : static_cast<void>(out_ << table_.line(row));
        break;
      case OutputFormat::json:
        out_ << json_line(columns_, row);
        break;
      case OutputFormat::csv:
        out_ << csv_line(row);
        break;
    }
  }
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
