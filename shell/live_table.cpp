#include "shell/live_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "shell/json_text.h"

namespace millrace::shell {
namespace {

constexpr size_t latest_max = 1000;

// `A` INTEGER KEY, `B` ARRAY<STRING>: names in backquotes, types as they stand.
std::vector<ResultColumn> parse_schema(std::string_view schema) {
  std::vector<ResultColumn> columns;
  while (schema.find('`') != std::string_view::npos) {
    schema.remove_prefix(schema.find('`') + 1);
    const size_t end = std::min(schema.find('`'), schema.size());
    ResultColumn column{std::string(schema.substr(0, end)), ""};
    schema.remove_prefix(std::min(end + 1, schema.size()));
    int depth = 0;  // a STRUCT's fields are in backquotes too
    size_t at = 0;
    for (; at < schema.size() && (depth > 0 || schema[at] != ','); ++at) {
      if (schema[at] == '<' || schema[at] == '(') ++depth;
      if (schema[at] == '>' || schema[at] == ')') --depth;
    }
    std::string_view type = schema.substr(0, at);
    schema.remove_prefix(at);
    while (type.starts_with(' ')) type.remove_prefix(1);
    if (type.ends_with(" KEY")) {
      column.key = true;
      type.remove_suffix(4);
    }
    column.type = type;
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

QueryPart parse_query_part(const std::string& line) {
  QueryPart part;
  std::string_view text = line;
  if (text.starts_with('[')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ',' || text.back() == ']' || text.back() == '\r')) text.remove_suffix(1);
  const auto object = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!object.is_object()) return part;
  if (object.contains("header")) {
    const auto& header = object["header"];
    part.header = parse_schema(header.value("schema", std::string()));
    for (const auto& key : header.value("keys", nlohmann::ordered_json::array()))
      for (ResultColumn& column : *part.header) column.key = column.key || (key.is_string() && column.name == key);
  }
  if (object.contains("row")) {
    const auto& row = object["row"];
    part.tombstone = row.value("tombstone", false);
    // The cells as they stand, for the parser would round numbers.
    const size_t columns = text.find("\"columns\":");
    part.row = columns == std::string_view::npos ? ResultRow() : split_array(text.substr(columns + 10));
  }
  if (object.contains("error_code")) part.error = text;
  if (object.contains("errorMessage")) part.error = object["errorMessage"].dump();
  return part;
}

bool LiveTable::KeyOrder::operator()(const ResultRow& a, const ResultRow& b) const {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    double left = 0;
    double right = 0;
    const bool numbers = std::from_chars(a[i].data(), a[i].data() + a[i].size(), left).ec == std::errc() &&
                         std::from_chars(b[i].data(), b[i].data() + b[i].size(), right).ec == std::errc();
    if (numbers && left != right) return left < right;
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return a.size() < b.size();
}

LiveTable::LiveTable(std::vector<ResultColumn> columns) : columns_(std::move(columns)) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i].key) keys_.push_back(i);
  }
  if (keys_.empty()) return;
  for (size_t i = 0; i < columns_.size(); ++i) {
    // The windows of one key are rows of their own.
    if (!columns_[i].key && (columns_[i].name == "WINDOWSTART" || columns_[i].name == "WINDOWEND")) keys_.push_back(i);
  }
}

void LiveTable::apply(const ResultRow& row, bool tombstone) {
  if (row.size() != columns_.size()) return;
  if (keys_.empty()) {
    if (tombstone) return;
    ++changes_;
    latest_.push_back(row);
    if (latest_.size() > latest_max) latest_.pop_front();
    return;
  }
  ResultRow key;
  for (const size_t i : keys_) key.push_back(row[i]);
  if (tombstone) {
    rows_.erase(key);
  } else {
    rows_.insert_or_assign(std::move(key), Entry{row, ++changes_});
  }
}

// In the order of their keys.
std::vector<const ResultRow*> LiveTable::latest_changed(size_t count) const {
  uint64_t since = 0;
  if (rows_.size() > count) {
    std::vector<uint64_t> changes;
    for (const auto& [key, entry] : rows_) changes.push_back(entry.change);
    std::nth_element(changes.begin(), changes.end() - static_cast<ptrdiff_t>(count), changes.end());
    since = changes[changes.size() - count];
  }
  std::vector<const ResultRow*> rows;
  for (const auto& [key, entry] : rows_) {
    if (entry.change >= since) rows.push_back(&entry.row);
  }
  return rows;
}

std::vector<std::string> LiveTable::render(size_t lines, const Terminal& terminal) const {
  // Two lines are the header's, one tells of what does not fit.
  const size_t total = keys_.empty() ? changes_ : rows_.size();
  const size_t room = lines > 3 ? lines - 3 : 1;
  const size_t count = std::min(keys_.empty() ? latest_.size() : rows_.size(), room);
  std::vector<const ResultRow*> shown;
  if (keys_.empty()) {
    for (size_t i = latest_.size() - count; i < latest_.size(); ++i) shown.push_back(&latest_[i]);
  } else {
    shown = latest_changed(count);
  }
  TableText text(columns_, terminal);
  for (const ResultRow* row : shown) text.fit(*row);
  const bool whole = text.narrow(terminal.width(), TableText::Overflow::cut);
  std::string lines_of_table = text.header();
  for (const ResultRow* row : shown) lines_of_table += text.line(*row);
  std::vector<std::string> out;
  for (size_t begin = 0; begin < lines_of_table.size();) {
    const size_t end = lines_of_table.find('\n', begin);
    const std::string line = lines_of_table.substr(begin, end - begin);
    out.push_back((whole ? line : cut(line, terminal.width())) + "\n");
    begin = end + 1;
  }
  if (total > count) out.push_back(fmt::format("({} of {} rows)\n", count, total));
  return out;
}

void LiveTable::Screen::draw(const std::vector<const LiveTable*>& tables) {
  // Lines have another place on a terminal whose size has changed.
  const bool anew = resized();
  width_ = terminal_.width();
  height_ = terminal_.height();
  std::vector<std::string> rendered;
  size_t left = height_ - 1;
  for (size_t i = 0; i < tables.size(); ++i) {
    if (i > 0) rendered.emplace_back("\n");
    // What one does not need is the next one's.
    const size_t share = (left - std::min(left, tables.size() - i - 1)) / (tables.size() - i);
    const auto table = tables[i]->render(share, terminal_);
    rendered.insert(rendered.end(), table.begin(), table.end());
    left -= std::min(left, table.size() + 1);
  }
  std::string out;
  // Up to where the last one began; each line is written over and its rest erased, so that nothing flickers.
  const bool terminal = terminal_.present();
  if (terminal && drawn_ > 0) out += anew ? "\x1b[H\x1b[2J" : fmt::format("\x1b[{}A", drawn_);
  if (!terminal && drawn_ > 0) out += "\n";
  for (const std::string& line : rendered) {
    out += line.substr(0, line.size() - 1) + (terminal ? "\x1b[K\n" : "\n");
  }
  if (terminal) out += "\x1b[J";
  drawn_ = rendered.size();
  out_ << out << std::flush;
}

}  // namespace millrace::shell
