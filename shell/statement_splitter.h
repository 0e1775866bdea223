// Text to statements: a statement ends with a `;` that is outside of quotes and comments.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::shell {

struct StatementText {
  std::string text;  // without leading space and comments; with its `;`, except at the end of a text without one
  int line = 1;      // where it begins in what was given, counted from 1
};

class StatementSplitter {
 public:
  // Text as it comes, in pieces of any size.
  void add(std::string_view text) { pending_.append(text); }
  // The next complete statement.
  std::optional<StatementText> next();
  // What is left at the end of the text, if it is more than space and comments.
  std::optional<StatementText> rest();
  // Nothing but space and comments is left.
  bool empty();
  void clear();

 private:
  enum class Within { text, single_quotes, double_quotes, backquotes, line_comment, block_comment };

  void skip_blank();
  void remove(size_t bytes);

  std::string pending_;
  size_t scanned_ = 0;  // of pending_
  Within within_ = Within::text;
  int line_ = 1;  // of the first character of pending_
};

// The first word, upper-cased: "SELECT".
std::string first_word(std::string_view statement);

}  // namespace millrace::shell
