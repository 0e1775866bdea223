#include "shell/row_file.h"

#include <fmt/format.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>

#include "shell/json_text.h"

namespace millrace::shell {
namespace {

constexpr unsigned read_bytes = 256 << 10;

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool is_json_number(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - begin;
  };
  const size_t first = at;
  const size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

class CsvRows final : public RowFile {
 public:
  CsvRows(const std::string& path, const std::vector<TargetColumn>& columns, const std::string& time_column)
      : file_(path) {
    std::vector<CsvCell> names;
    if (!read_csv_record(file_, names)) throw FileError(path + " has no line with the names of its columns");
    if (names[0].text.starts_with("\xef\xbb\xbf")) names[0].text.erase(0, 3);
    for (const CsvCell& name : names) {
      const auto column = std::find_if(columns.begin(), columns.end(),
                                       [&](const auto& each) { return same_name(each.name, name.text); });
      if (same_name(name.text, time_column)) time_at_ = columns_.size();
      if (column == columns.end()) {
        unknown_.push_back(name.text);
        columns_.emplace_back();
      } else {
        columns_.push_back({json_string(column->name) + ":", column->type});
      }
    }
    if (!time_column.empty() && !time_at_) throw FileError(fmt::format("{} has no column {}", path, time_column));
  }

  bool read(Row& row) override {
    do {
      if (!read_csv_record(file_, cells_)) return false;
    } while (cells_.size() == 1 && cells_[0].text.empty() && !cells_[0].quoted);  // an empty line
    if (cells_.size() != columns_.size()) {
      throw FileError(fmt::format("{}:{}: expected {} cells as in the first line, not {}", file_.path(), file_.line(),
                                  columns_.size(), cells_.size()));
    }
    row.json = "{";
    for (size_t i = 0; i < cells_.size(); ++i) {
      if (columns_[i].prefix.empty()) continue;
      if (row.json.size() > 1) row.json += ',';
      row.json.append(columns_[i].prefix).append(json_of_cell(cells_[i], columns_[i].type));
    }
    row.json += '}';
    row.time = time_at_ ? parse_time(cells_[*time_at_].text) : std::nullopt;
    return true;
  }

  const std::vector<std::string>& unknown_columns() const override { return unknown_; }

 private:
  struct Column {
    std::string prefix;  // "NAME": of the object's member; empty: left out
    std::string type;
  };

  TextFile file_;
  std::vector<Column> columns_;
  std::vector<std::string> unknown_;
  std::optional<size_t> time_at_;
  std::vector<CsvCell> cells_;
};

class JsonRows final : public RowFile {
 public:
  JsonRows(const std::string& path, std::string time_column) : file_(path), time_column_(std::move(time_column)) {}

  bool read(Row& row) override {
    do {
      if (!file_.read_line(row.json)) return false;
    } while (row.json.find_first_not_of(" \t\r") == std::string::npos);
    row.time.reset();
    if (time_column_.empty()) return true;
    const auto object = nlohmann::json::parse(row.json, nullptr, false);
    if (!object.is_object()) throw FileError(fmt::format("{}:{}: expected a JSON object", file_.path(), file_.line()));
    for (const auto& [name, value] : object.items()) {
      if (same_name(name, time_column_))
        row.time = parse_time(value.is_string() ? value.get<std::string>() : value.dump());
    }
    return true;
  }

  const std::vector<std::string>& unknown_columns() const override { return unknown_; }

 private:
  TextFile file_;
  const std::string time_column_;
  const std::vector<std::string> unknown_;  // the server says which it does not know
};

}  // namespace

TextFile::TextFile(std::string path) : path_(std::move(path)) {
  gzFile file = path_ == "-" ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path_.c_str(), "rb");
  if (file == nullptr) throw FileError(fmt::format("cannot read {}: {}", path_, std::strerror(errno)));
  gzbuffer(file, read_bytes);
  file_ = file;
}

TextFile::~TextFile() { gzclose(static_cast<gzFile>(file_)); }

bool TextFile::fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const size_t before = buffer_.size();
  buffer_.resize(before + read_bytes);
  const int count = gzread(static_cast<gzFile>(file_), buffer_.data() + before, read_bytes);
  buffer_.resize(before + static_cast<size_t>(std::max(count, 0)));
  int error = Z_OK;
  const char* message = gzerror(static_cast<gzFile>(file_), &error);
  if (count < 0 || (error != Z_OK && error != Z_STREAM_END)) {
    throw FileError(fmt::format("cannot read {}: {}", path_, error == Z_ERRNO ? std::strerror(errno) : message));
  }
  return count > 0;
}

bool TextFile::read_line(std::string& line) {
  size_t searched = at_;
  for (;;) {
    const size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      line.assign(buffer_, at_, end - at_);
      at_ = end + 1;
      break;
    }
    const size_t waiting = buffer_.size() - at_;
    if (!fill()) {
      if (waiting == 0) return false;
      line = std::exchange(buffer_, {});
      at_ = 0;
      break;
    }
    searched = waiting;
  }
  if (line.ends_with('\r')) line.pop_back();
  ++line_;
  return true;
}

bool read_csv_record(TextFile& file, std::vector<CsvCell>& cells) {
  std::string line;
  if (!file.read_line(line)) return false;
  const size_t begun = file.line();
  cells.clear();
  cells.emplace_back();
  bool quotes = false;
  for (size_t i = 0;; ++i) {
    CsvCell& cell = cells.back();
    if (i == line.size()) {
      if (!quotes) return true;
      // The cell goes on in the next line.
      if (!file.read_line(line)) throw FileError(fmt::format("{}:{}: quotes that do not end", file.path(), begun));
      cell.text += '\n';
      i = static_cast<size_t>(-1);
      continue;
    }
    const char c = line[i];
    if (quotes) {
      if (c != '"') {
        cell.text += c;
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        cell.text += '"';
        ++i;
      } else {
        quotes = false;
      }
    } else if (c == '"' && cell.text.empty() && !cell.quoted) {
      quotes = true;
      cell.quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else {
      cell.text += c;
    }
  }
}

std::string json_of_cell(const CsvCell& cell, std::string_view type) {
  if (cell.text.empty() && !cell.quoted) return "null";
  const std::string_view text = cell.text;
  if (type == "BOOLEAN") {
    for (const std::string_view value : {"true", "false"}) {
      if (same_name(text, value)) return std::string(value);
    }
  } else if (type == "INTEGER" || type == "INT" || type == "BIGINT" || type == "DOUBLE" ||
             type.starts_with("DECIMAL")) {
    if (is_json_number(text)) return cell.text;
  } else if (type.starts_with("ARRAY") || type.starts_with("MAP") || type.starts_with("STRUCT")) {
    if (nlohmann::json::accept(text)) return cell.text;
  }
  return json_string(text);
}

std::optional<int64_t> parse_time(std::string_view text) {
  const char* const end = text.data() + text.size();
  int64_t milliseconds = 0;
  if (const auto [stop, error] = std::from_chars(text.data(), end, milliseconds); error == std::errc() && stop == end) {
    return milliseconds;
  }
  const char* at = text.data();
  const auto number = [&](size_t digits, int& value) {
    if (static_cast<size_t>(end - at) < digits) return false;
    const bool valid = std::from_chars(at, at + digits, value).ptr == at + digits;
    at += digits;
    return valid;
  };
  const auto mark = [&](std::string_view any) {
    return at < end && any.find(*at) != std::string_view::npos && (++at, true);
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
  if (!number(4, year) || !mark("-") || !number(2, month) || !mark("-") || !number(2, day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  if (mark("T ")) {
    if (!number(2, hour) || !mark(":") || !number(2, minute)) return std::nullopt;
    if (mark(":") && !number(2, second)) return std::nullopt;
    if (mark(".,")) {
      int digits = 0;
      for (; at < end && *at >= '0' && *at <= '9'; ++at, ++digits) {
        if (digits < 3) fraction = fraction * 10 + (*at - '0');
      }
      for (; digits < 3; ++digits) fraction *= 10;
    }
  }
  int64_t zone_minutes = 0;
  if (at < end && (*at == '+' || *at == '-')) {
    const int sign = *at++ == '-' ? -1 : 1;
    int hours = 0, minutes = 0;
    if (!number(2, hours)) return std::nullopt;
    mark(":");
    if (at < end && !number(2, minutes)) return std::nullopt;
    zone_minutes = sign * (hours * 60 + minutes);
  } else {
    mark("Zz");
  }
  if (at != end || hour > 24 || minute > 59 || second > 60) return std::nullopt;
  const int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute - zone_minutes) * 60 + second) * 1000 + fraction;
}

std::unique_ptr<RowFile> open_row_file(const std::string& path, const std::vector<TargetColumn>& columns,
                                       const std::string& time_column) {
  if (path.ends_with(".csv") || path.ends_with(".csv.gz")) return std::make_unique<CsvRows>(path, columns, time_column);
  return std::make_unique<JsonRows>(path, time_column);
}

}  // namespace millrace::shell
