// A text as the lexer reads it: code points that know where in the author's text they come from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grammar/parser.h"

namespace millrace::syntax {

// Thrown within the folder by whatever finds a text wrong; caught by the functions of parser.h.
struct Refusal {
  SyntaxError error;
};

[[noreturn]] void refuse(SyntaxError::Kind kind, std::string message, Position position, std::string token = {});

class SourceText {
 public:
  // Refuses more than `bytes_max` and what is not UTF-8.
  SourceText(std::string_view bytes, size_t bytes_max);

  const std::u32string& points() const { return points_; }

  // Where the code point at `index` stands in the author's text; the size of the text is its end.
  Position position(size_t index) const;

  std::string utf8(size_t begin, size_t end) const;

  // Replaces [begin, end) of the author's text by `value`, whose characters then all stand at `begin`. Calls come in
  // ascending order, and `finish_replacing` ends them.
  void replace(size_t begin, size_t end, std::u32string_view value);
  void finish_replacing();

  // True where positions differ from what counting lines and columns of points() gives.
  bool replaced() const { return !replacements_.empty(); }

 private:
  struct Replacement {
    size_t begin, end;      // in the text after replacing
    size_t original_begin;  // of the first character replaced
    size_t original_end;
  };

  size_t original_index(size_t index) const;

  std::u32string points_;
  std::u32string written_;  // while replacing: what is complete
  size_t copied_ = 0;       // and how far points_ has been copied
  std::vector<Replacement> replacements_;
  std::vector<size_t> line_begins_;  // of the author's text
};

std::u32string to_code_points(std::string_view valid_utf8);

}  // namespace millrace::syntax
