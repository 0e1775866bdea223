// Text to statements: a statement ends with a `;` that is outside of quotes and comments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::shell {

struct StatementText {
  std::string text;  // without leading space and comments; with its `;`, except at the end of a text without one
  int line = 1;      // where it begins in what was given, counted from 1
};

class StatementSplitter {
 public:
  // Text as it comes, in pieces of any size.
  void add(std::string_view text) { text_.append(text); }
  // The next complete statement.
  std::optional<StatementText> next();
  // What is left at the end of the text, if it is more than space and comments.
  std::optional<StatementText> rest();
  // Nothing but space and comments is left.
  bool empty();
  // The beginning of a statement that is not complete.
  std::string_view pending() const { return std::string_view(text_).substr(begin_); }
  void clear();

 private:
  enum class Within { text, single_quotes, double_quotes, backquotes, line_comment, block_comment };

  void skip_blank();
  void remove(size_t bytes);

  std::string text_;
  size_t begin_ = 0;    // of what is pending
  size_t scanned_ = 0;  // of what is pending
  Within within_ = Within::text;
  int line_ = 1;  // of the first character that is pending
};

// With the letters of ASCII as capitals.
std::string upper(std::string_view text);
// The first word, upper-cased: "SELECT".
std::string first_word(std::string_view statement);
// Words, and texts in quotes without them, whatever lies between: SET, auto.offset.reset, earliest.
std::vector<std::string> words_of(std::string_view statement);
// Without line comments, and lines joined where no quotes are around their end.
std::string on_one_line(std::string_view statement);

}  // namespace millrace::shell
