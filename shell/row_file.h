// Rows of a file, as JSON objects for an insert stream.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::shell {

// The file cannot be read, or is not what its name says. The message names file and line.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Lines and records of a text file; one that is compressed by gzip is unpacked. "-" is standard input.
class TextFile {
 public:
  explicit TextFile(std::string path);
  ~TextFile();
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;

  // Without its end. False: the file has ended. Throws FileError.
  bool read_line(std::string& line);
  const std::string& path() const { return path_; }
  size_t line() const { return line_; }  // the number of the last line read

 private:
  bool fill();

  std::string path_;
  void* file_ = nullptr;  // gzFile
  std::string buffer_;
  size_t at_ = 0;
  size_t line_ = 0;
};

// A cell of CSV; one in quotes is a text even where it is empty.
struct CsvCell {
  std::string text;
  bool quoted = false;
};
// A record, which may go over several lines (RFC 4180). False: the file has ended. Throws FileError.
bool read_csv_record(TextFile& file, std::vector<CsvCell>& cells);

// A column of the stream that rows go into.
struct TargetColumn {
  std::string name;
  std::string type;  // "BIGINT"
};

// A cell as JSON: typed by the column, as far as the text is such a value; else a string, which the server judges. An
// empty cell without quotes is null.
std::string json_of_cell(const CsvCell& cell, std::string_view type);

// Milliseconds since 1970 of a number or an ISO-8601 text; without a zone it is UTC.
std::optional<int64_t> parse_time(std::string_view text);

class RowFile {
 public:
  struct Row {
    std::string json;             // an object on one line
    std::optional<int64_t> time;  // of the time column
  };

  virtual ~RowFile() = default;
  // False: the file has ended. Throws FileError.
  virtual bool read(Row& row) = 0;
  // Columns of the file that the stream has not; they are left out.
  virtual const std::vector<std::string>& unknown_columns() const = 0;
};

// By its name: "….csv", "….csv.gz"; anything else is JSON, one object a line. `time_column` may be empty.
std::unique_ptr<RowFile> open_row_file(const std::string& path, const std::vector<TargetColumn>& columns,
                                       const std::string& time_column);

}  // namespace millrace::shell
