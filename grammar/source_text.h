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
  size_t bytes_max() const { return bytes_max_; }

  // Where the code point at `index` stands in the author's text; the size of the text is its end.
  Position position(size_t index) const;

  std::string utf8(size_t begin, size_t end) const;

  // A part of the author's text, and what is read in its place.
  struct Replacement {
    size_t begin, end;
    std::u32string value;
  };

  // All characters of a value stand at the begin of what they replace. Replacements ascend and do not overlap. Once per
  // text.
  void replace(const std::vector<Replacement>& replacements);

  // True where positions differ from what counting lines and columns of points() gives.
  bool replaced() const { return !replaced_.empty(); }

 private:
  struct Replaced {
    size_t begin, end;  // as read
    size_t original_begin, original_end;
  };

  size_t original_index(size_t index) const;

  size_t bytes_max_;
  std::u32string points_;
  std::vector<Replaced> replaced_;
  std::vector<size_t> line_begins_;  // of the author's text
};

std::string to_utf8(std::u32string_view points);
std::u32string to_code_points(std::string_view valid_utf8);

}  // namespace millrace::syntax
