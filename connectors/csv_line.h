// One line of CSV, by the rules of Apache Commons CSV's default format: quotes begin at a field's first character only,
// a quote within quotes is doubled, and space counts.
#pragma once

#include <string>
#include <string_view>

namespace millrace {

struct CsvField {
  std::string_view text;  // in the line, or in the reader where quotes were doubled: valid until the next field
  bool quoted = false;
  bool copied = false;  // it is in the reader
};

// Reads the fields of the first line that is not empty.
class CsvLine {
 public:
  enum class Next : uint8_t { field, end, unclosed_quote, text_after_quote };

  CsvLine(std::string_view text, char delimiter);
  Next next(CsvField& field);
  // What lies behind the fields read so far: after Next::end, from the end of the line on.
  std::string_view rest() const { return rest_; }

 private:
  bool at_line_end() const { return rest_.empty() || rest_[0] == '\n' || rest_[0] == '\r'; }
  Next next_quoted(CsvField& field);
  Next finish_field();

  std::string_view rest_;
  char delimiter_;
  bool more_;  // a field follows, even if it is empty
  std::string unquoted_;
};

// Appends a field as Commons CSV 1.4 writes it: the text of a line's first field is in quotes unless it begins with a
// letter or digit, others where they begin with what sorts up to '#', end in space, or hold a delimiter, quote or line
// end.
void append_csv(std::string_view text, char delimiter, bool first, std::string& out);

}  // namespace millrace
