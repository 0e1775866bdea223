#include "server/record_rows.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "connectors/csv_line.h"
#include "connectors/json_text.h"
#include "runtime/nearest_name.h"

namespace millrace {

namespace {

constexpr std::string_view space = " \t\r\n";

[[noreturn]] void refuse_body(std::string message) { throw Error(ErrorCode::value_invalid, std::move(message)); }

// Values of JSON, one after the other, taken apart by brackets and quotes: whether a value is right is for whoever
// reads it.
class JsonValues {
 public:
  explicit JsonValues(std::string_view text) : text_(text) {}

  // The next character that is not space; 0 at the end.
  char peek() {
    at_ = std::min(text_.find_first_not_of(space, at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  void skip() { ++at_; }
  [[noreturn]] void expected(std::string_view what) const {
    const std::string came = at_ < text_.size() ? fmt::format("'{}'", text_[at_]) : "the end";
    refuse_body(fmt::format("byte {} of the body: expected {}, got {}", at_ + 1, what, came));
  }

  // To the end of the object that begins here.
  std::string_view take_object() {
    if (peek() != '{') expected("a row as a JSON object");
    const size_t begin = at_;
    size_t depth = 0;
    for (bool in_text = false; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') in_text = !in_text;
      if (in_text && c == '\\') ++at_;
      if (in_text) continue;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return text_.substr(begin, ++at_ - begin);
    }
    at_ = std::min(at_, text_.size());
    refuse_body(fmt::format("byte {} of the body: the object that begins here does not end", begin + 1));
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool is_number(std::string_view text) {
  return !text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9')) && nlohmann::json::accept(text);
}

void append_cell(const CsvField& cell, const Type& type, std::string& out) {
  const std::string_view text = cell.text;
  bool plain = false;  // JSON as it is
  switch (type.kind()) {
    case TypeKind::boolean:
      for (const std::string_view value : {"true", "false"})
        if (absl::EqualsIgnoreCase({text.data(), text.size()}, {value.data(), value.size()}))
          return void(out.append(value));
      break;
    case TypeKind::varchar:
    case TypeKind::bytes:
      break;
    case TypeKind::array:
    case TypeKind::map:
    case TypeKind::struct_:
      plain = nlohmann::json::accept(text);
      break;
    default:
      plain = is_number(text);
  }
  if (!cell.quoted && text.empty()) {
    out.append("null");
  } else if (plain) {
    out.append(text);
  } else {
    append_json_string(text, out);
  }
}

struct CsvColumn {
  std::string prefix;  // "NAME": of the object's member
  Type type;
};

CsvColumn csv_column(std::string_view name, const Schema& schema) {
  CsvColumn column;
  append_json_string(name, column.prefix);
  column.prefix += ':';
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (upper == "ROWTIME") return column.type = bigint_type, column;
  auto found = schema.find(name);
  if (!found) found = schema.find(upper);
  if (!found) {
    std::vector<std::string> names;
    for (const Field& field : schema.fields()) names.push_back(field.name);
    throw Error(ErrorCode::column_unknown,
                fmt::format("line 1 of the body: there is no column {}{}", name, did_you_mean(upper, names)));
  }
  return column.type = schema[*found].type, column;
}

}  // namespace

RecordRows::RecordRows(std::string_view body, std::string_view content_type, const Schema& schema) {
  const auto is = [&](std::string_view type) {
    return absl::StartsWithIgnoreCase({content_type.data(), content_type.size()}, {type.data(), type.size()});
  };
  constexpr std::string_view line_types[] = {"application/x-ndjson", "application/ndjson", "application/jsonl",
                                             "application/x-jsonlines", "application/json-lines"};
  if (is("text/csv")) {
    split_csv(body, schema);
  } else if (std::any_of(std::begin(line_types), std::end(line_types), is)) {
    split_lines(body);
  } else {
    split_json(body);
  }
}

void RecordRows::split_json(std::string_view body) {
  JsonValues values(body);
  if (values.peek() != '[') {
    while (values.peek() != '\0') rows_.push_back({values.take_object(), std::nullopt});
    return;
  }
  values.skip();
  if (values.peek() == ']') {
    values.skip();
  } else {
    for (bool more = true; more; values.skip()) {
      rows_.push_back({values.take_object(), std::nullopt});
      more = values.peek() == ',';
      if (!more && values.peek() != ']') values.expected("',' or ']'");
    }
  }
  if (values.peek() != '\0') values.expected("nothing after the array");
}

void RecordRows::split_lines(std::string_view body) {
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size());
    const std::string_view line = body.substr(0, end);
    if (line.find_first_not_of(space) != std::string_view::npos) rows_.push_back({line, std::nullopt});
    body.remove_prefix(std::min(end + 1, body.size()));
  }
}

void RecordRows::split_csv(std::string_view body, const Schema& schema) {
  CsvField cell;
  CsvLine head(body, ',');
  std::vector<CsvColumn> columns;
  CsvLine::Next next;
  while ((next = head.next(cell)) == CsvLine::Next::field) columns.push_back(csv_column(cell.text, schema));
  if (next != CsvLine::Next::end) refuse_body("line 1 of the body: a quote is not closed, or text follows it");
  if (columns.empty()) refuse_body("expected a line of column names");
  int64_t line_number = 1;
  std::string_view counted = body;
  const auto line_of = [&](std::string_view rest) {
    const std::string_view passed = counted.substr(0, counted.size() - rest.size());
    line_number += std::count(passed.begin(), passed.end(), '\n');
    counted = rest;
    return line_number;
  };
  std::string_view rest = head.rest();
  while ((rest = rest.substr(std::min(rest.find_first_not_of("\r\n"), rest.size()))).empty() == false) {
    CsvLine line(rest, ',');
    std::string& text = made_.emplace_back("{");
    size_t cells = 0;
    while ((next = line.next(cell)) == CsvLine::Next::field) {
      if (cells++ >= columns.size()) continue;
      const CsvColumn& column = columns[cells - 1];
      if (text.size() > 1) text += ',';
      text += column.prefix;
      append_cell(cell, column.type, text);
    }
    if (next != CsvLine::Next::end)
      refuse_body(fmt::format("line {} of the body: a quote is not closed, or text follows it", line_of(rest)));
    text += '}';
    rows_.push_back({text, std::nullopt});
    if (cells != columns.size())
      rows_.back().error = Error(ErrorCode::value_invalid, fmt::format("line {} of the body: expected {} cells, got {}",
                                                                       line_of(rest), columns.size(), cells));
    rest = line.rest();
  }
}

}  // namespace millrace
