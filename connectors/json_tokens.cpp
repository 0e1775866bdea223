#include "connectors/json_tokens.h"

#include <simdjson.h>

#include <algorithm>
#include <map>

#include "connectors/json_text.h"

namespace millrace {

// --- tokens ----------------------------------------------------------------------------------------------------------

struct JsonTokens::Stage {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  size_t capacity = 0;
};

JsonTokens::JsonTokens() : stage_(std::make_unique<Stage>()) {}
JsonTokens::~JsonTokens() = default;

namespace {

// Offsets are 32 bits wide, and the first stage rounds up.
constexpr size_t text_bytes_max = size_t{1} << 31;

JsonTokenError token_error(simdjson::error_code code) {
  switch (code) {
    case simdjson::SUCCESS:
      return JsonTokenError::none;
    case simdjson::UTF8_ERROR:
      return JsonTokenError::invalid_utf8;
    case simdjson::UNESCAPED_CHARS:
      return JsonTokenError::control_character;
    case simdjson::UNCLOSED_STRING:
      return JsonTokenError::unclosed_string;
    case simdjson::CAPACITY:
      return JsonTokenError::too_large;
    case simdjson::EMPTY:
      return JsonTokenError::empty;
    default:
      return JsonTokenError::no_memory;
  }
}

}  // namespace

JsonTokenError JsonTokens::read(std::string_view text, JsonCursor& cursor) {
  if (text.empty()) return JsonTokenError::empty;
  if (text.size() > text_bytes_max) return JsonTokenError::too_large;
  if (text.size() > stage_->capacity) {
    const size_t capacity = std::max<size_t>(text.size(), 4096);
    const auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(
        capacity, static_cast<size_t>(json_depth_max), stage_->parser);
    stage_->capacity = error == simdjson::SUCCESS ? capacity : 0;
    if (error != simdjson::SUCCESS) return JsonTokenError::no_memory;
  }
  auto& parser = *stage_->parser;
  // Reads the text within its bounds: its last, partial block goes through a buffer of its own.
  const auto error =
      parser.stage1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), simdjson::stage1_mode::regular);
  if (error != simdjson::SUCCESS) return token_error(error);
  const uint32_t* tokens = parser.structural_indexes.get();
  cursor = {text.data(), tokens, tokens + parser.n_structural_indexes, has_json_escapes(text)};
  return JsonTokenError::none;
}

// --- numbers and strings ---------------------------------------------------------------------------------------------

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool scan_json_number(std::string_view token, JsonNumber& number) {
  const char* p = token.data();
  const char* const end = p + token.size();
  number = {};
  if (p != end && *p == '-') {
    number.negative = true;
    ++p;
  }
  const char* const begin = p;
  for (; p != end && is_digit(*p); ++p) number.mantissa = number.mantissa * 10 + static_cast<uint64_t>(*p - '0');
  number.digits = static_cast<uint32_t>(p - begin);
  if (number.digits == 0 || (number.digits > 1 && *begin == '0')) return false;
  if (p != end && *p == '.') {
    const char* const fraction = ++p;
    for (; p != end && is_digit(*p); ++p) number.mantissa = number.mantissa * 10 + static_cast<uint64_t>(*p - '0');
    number.fraction_digits = static_cast<uint32_t>(p - fraction);
    number.digits += number.fraction_digits;
    if (number.fraction_digits == 0) return false;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    number.has_exponent = true;
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    if (p == end) return false;
    while (p != end && is_digit(*p)) ++p;
    if (!is_digit(p[-1])) return false;
  }
  return p == end;
}

namespace {

bool read_hex(std::string_view text, uint32_t& out) {
  if (text.size() < 4) return false;
  out = 0;
  for (size_t i = 0; i < 4; ++i) {
    const char c = text[i];
    const char low = static_cast<char>(c | 0x20);
    if (!is_digit(c) && (low < 'a' || low > 'f')) return false;
    out = out * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : low - 'a' + 10);
  }
  return true;
}

void append_utf8(uint32_t code, std::string& out) {
  const auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// The text begins with the hexadecimal digits; moves behind the escape, or both escapes of a pair.
bool read_unicode_escape(std::string_view& text, std::string& out) {
  uint32_t code = 0;
  if (!read_hex(text, code)) return false;
  text.remove_prefix(4);
  if (code >= 0xD800 && code < 0xE000) {
    uint32_t low = 0;
    if (code >= 0xDC00 || text.substr(0, 2) != "\\u" || !read_hex(text.substr(2), low)) return false;
    if (low < 0xDC00 || low >= 0xE000) return false;
    text.remove_prefix(6);
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(code, out);
  return true;
}

}  // namespace

bool unescape_json(std::string_view body, std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  while (true) {
    const size_t slash = body.find('\\');
    out += body.substr(0, slash);
    if (slash == std::string_view::npos) return true;
    body.remove_prefix(slash + 1);
    if (body.empty()) return false;
    const char escape = body[0];
    body.remove_prefix(1);
    const size_t letter = letters.find(escape);
    if (letter != std::string_view::npos)
      out += meanings[letter];
    else if (escape != 'u' || !read_unicode_escape(body, out))
      return false;
  }
}

// --- values ----------------------------------------------------------------------------------------------------------

namespace {

bool fail(const JsonCursor& cursor, JsonFault& fault, std::string_view expected) {
  fault = {cursor.offset(), expected};
  return false;
}

bool check_string(std::string_view token) {
  std::string_view body;
  if (!json_string_body(token, body)) return false;
  if (!has_json_escapes(body)) return true;
  std::string text;
  return unescape_json(body, text);
}

bool check_scalar(std::string_view token) {
  switch (token[0]) {
    case '"':
      return check_string(token);
    case 't':
      return token == "true";
    case 'f':
      return token == "false";
    case 'n':
      return token == "null";
    default: {
      JsonNumber number;
      return scan_json_number(token, number);
    }
  }
}

// Walks an array or an object: `on_key` takes the key at the cursor, `on_value` the value.
template <class OnKey, class OnValue>
bool walk(JsonCursor& cursor, JsonFault& fault, int depth, OnKey&& on_key, OnValue&& on_value) {
  if (depth >= json_depth_max) return fail(cursor, fault, "less nesting");
  const bool object = cursor.peek() == '{';
  const char close = object ? '}' : ']';
  ++cursor.at;
  if (cursor.take(close)) return true;
  do {
    if (object) {
      if (cursor.peek() != '"' || !on_key(cursor.token())) return fail(cursor, fault, "a field's name");
      ++cursor.at;
      if (!cursor.take(':')) return fail(cursor, fault, "':'");
    }
    if (!on_value()) return false;
  } while (cursor.take(','));
  return cursor.take(close) || fail(cursor, fault, object ? "',' or '}'" : "',' or ']'");
}

}  // namespace

bool skip_json(JsonCursor& cursor, JsonFault& fault, int depth) {
  const char first = cursor.peek();
  if (first == '{' || first == '[')
    return walk(cursor, fault, depth, check_string, [&] { return skip_json(cursor, fault, depth + 1); });
  if (first == '\0' || !check_scalar(cursor.token())) return fail(cursor, fault, "a value");
  ++cursor.at;
  return true;
}

namespace {

bool append_rewritten(std::string_view token, std::string& out) {
  std::string_view body;
  if (!json_string_body(token, body)) return false;
  std::string text;
  if (!unescape_json(body, text)) return false;
  append_json_string(text, out);
  return true;
}

bool compact_object(JsonCursor& cursor, JsonFault& fault, std::string& out, int depth) {
  std::map<std::string, std::string, std::less<>> members;
  std::string* member = nullptr;
  const auto on_key = [&](std::string_view token) {
    std::string key;
    if (!append_rewritten(token, key)) return false;
    member = &members[key];
    member->clear();
    return true;
  };
  if (!walk(cursor, fault, depth, on_key, [&] { return compact_json(cursor, fault, *member, true, depth + 1); }))
    return false;
  out += '{';
  for (auto it = members.begin(); it != members.end(); ++it) {
    if (it != members.begin()) out += ',';
    out.append(it->first).append(":").append(it->second);
  }
  out += '}';
  return true;
}

}  // namespace

bool compact_json(JsonCursor& cursor, JsonFault& fault, std::string& out, bool sorted, int depth) {
  const char first = cursor.peek();
  if (first == '{' && sorted) return compact_object(cursor, fault, out, depth);
  if (first == '{' || first == '[') {
    const auto separate = [&] {
      if (out.back() != '{' && out.back() != '[' && out.back() != ':') out += ',';
    };
    out += first;
    const auto on_key = [&](std::string_view token) {
      separate();
      if (!append_rewritten(token, out)) return false;
      out += ':';
      return true;
    };
    const auto on_value = [&] {
      separate();
      return compact_json(cursor, fault, out, sorted, depth + 1);
    };
    if (!walk(cursor, fault, depth, on_key, on_value)) return false;
    out += first == '{' ? '}' : ']';
    return true;
  }
  if (first == '\0' || !check_scalar(cursor.token())) return fail(cursor, fault, "a value");
  if (first == '"')
    append_rewritten(cursor.token(), out);
  else
    out += cursor.token();
  ++cursor.at;
  return true;
}

}  // namespace millrace
