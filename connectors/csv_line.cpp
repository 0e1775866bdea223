#include "connectors/csv_line.h"

#include <absl/strings/ascii.h>

#include <algorithm>

namespace millrace {

CsvLine::CsvLine(std::string_view text, char delimiter) : rest_(text), delimiter_(delimiter) {
  rest_.remove_prefix(std::min(rest_.find_first_not_of("\r\n"), rest_.size()));
  more_ = !rest_.empty();
}

CsvLine::Next CsvLine::next(CsvField& field) {
  field = {};
  if (!more_) return Next::end;
  if (!rest_.empty() && rest_[0] == '"') return next_quoted(field);
  size_t size = 0;
  while (size < rest_.size() && rest_[size] != delimiter_ && rest_[size] != '\n' && rest_[size] != '\r') ++size;
  field.text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return finish_field();
}

CsvLine::Next CsvLine::finish_field() {
  more_ = !at_line_end();
  if (more_) rest_.remove_prefix(1);
  return Next::field;
}

CsvLine::Next CsvLine::next_quoted(CsvField& field) {
  field.quoted = true;
  rest_.remove_prefix(1);
  unquoted_.clear();
  while (true) {
    const size_t quote = rest_.find('"');
    if (quote == std::string_view::npos) return Next::unclosed_quote;
    const std::string_view part = rest_.substr(0, quote);
    rest_.remove_prefix(quote + 1);
    const bool doubled = !rest_.empty() && rest_[0] == '"';
    if (field.copied || doubled) unquoted_ += part;
    field.text = field.copied ? std::string_view(unquoted_) : part;
    if (!doubled) break;
    field.copied = true;
    unquoted_ += '"';
    rest_.remove_prefix(1);
  }
  while (!at_line_end() && rest_[0] != delimiter_) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(rest_[0]))) return Next::text_after_quote;
    rest_.remove_prefix(1);
  }
  return finish_field();
}

namespace {

bool needs_quotes(std::string_view text, char delimiter, bool first) {
  if (text.empty()) return first;
  if (first && !absl::ascii_isalnum(static_cast<unsigned char>(text.front()))) return true;
  const auto is_below = [](char c, char bound) { return static_cast<unsigned char>(c) <= bound; };
  if (is_below(text.front(), '#') || is_below(text.back(), ' ')) return true;
  return std::any_of(text.begin(), text.end(),
                     [&](char c) { return c == delimiter || c == '"' || c == '\n' || c == '\r'; });
}

}  // namespace

void append_csv(std::string_view text, char delimiter, bool first, std::string& out) {
  if (!needs_quotes(text, delimiter, first)) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace millrace
