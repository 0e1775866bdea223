// JSON text as tokens: where each brace, bracket, colon, comma, string, number and literal begins.
//
// Found by the first stage of simdjson, which also checks UTF-8 and that strings end; reads the text where it lies.
// What is walked with a JsonCursor is checked to the letter: nothing that is not JSON passes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace millrace {

// Deeper arrays and objects are not read.
inline constexpr int json_depth_max = 500;

enum class JsonTokenError : uint8_t {
  none,
  empty,
  invalid_utf8,
  unclosed_string,
  control_character,
  too_large,
  no_memory
};

// A place in the tokens of one text. Plain value; copies go their own way.
struct JsonCursor {
  const char* text = nullptr;
  const uint32_t* at = nullptr;   // offset of the current token
  const uint32_t* end = nullptr;  // one past the last; *end is the length of the text
  bool escapes = true;            // there may be escapes in strings

  bool done() const { return at == end; }
  // The first character of the current token; 0 at the end.
  char peek() const { return at == end ? '\0' : text[*at]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at;
    return true;
  }
  // The current token without the space behind it. REQUIRES: !done()
  std::string_view token() const { return token(at); }
  std::string_view token(const uint32_t* place) const {
    size_t size = place[1] - place[0];
    const char* begin = text + place[0];
    while (is_space(begin[size - 1])) --size;
    return {begin, size};
  }
  size_t offset() const { return *at; }

  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
};

// Belongs to one thread at a time; keeps its memory from text to text.
class JsonTokens {
 public:
  JsonTokens();
  ~JsonTokens();

  // The cursor is valid until the next call and as long as `text` lives.
  JsonTokenError read(std::string_view text, JsonCursor& cursor);

 private:
  struct Stage;
  std::unique_ptr<Stage> stage_;
};

// What was wrong with a text, for a message: "expected a value at byte 17".
struct JsonFault {
  size_t offset = 0;
  std::string_view expected;
};

// A number taken apart.
struct JsonNumber {
  bool negative = false;
  bool has_exponent = false;
  uint32_t digits = 0;           // all, leading zeros included
  uint32_t fraction_digits = 0;  // of them after the point
  uint64_t mantissa = 0;         // all digits; right while digits <= 19
};
// False where `token` is not a number as JSON writes it.
bool scan_json_number(std::string_view token, JsonNumber& number);

// The text between the quotes of a string token; false where the token is not one string.
inline bool json_string_body(std::string_view token, std::string_view& body) {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
  body = token.substr(1, token.size() - 2);
  return true;
}
inline bool has_json_escapes(std::string_view body) { return body.find('\\') != std::string_view::npos; }
// Appends the text with its escapes resolved; false where one is none, or is half of a surrogate pair.
bool unescape_json(std::string_view body, std::string& out);

// Checks the value at the cursor, whatever it is, and moves behind it.
bool skip_json(JsonCursor& cursor, JsonFault& fault, int depth = 0);
// The same, and appends it without spaces, escapes only where they are needed, numbers letter by letter. Objects at the
// top, and within them, have their keys sorted; of equal keys the last counts.
bool compact_json(JsonCursor& cursor, JsonFault& fault, std::string& out, bool sorted, int depth = 0);

}  // namespace millrace
