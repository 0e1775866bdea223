#include "tests/conformance/json_value.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::conformance {

namespace {

constexpr int nesting_max = 500;

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : text_(text) {}

  JsonValue parse() {
    JsonValue value = parse_value(0);
    skip_blank();
    if (at_ != text_.size()) fail("the end");
    return value;
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    throw JsonError(fmt::format("line {}: expected {}, here is '{}'", line, expected, text_.substr(at_, 20)));
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        at_ = text_.find("*/", at_);
        at_ = at_ == std::string_view::npos ? text_.size() : at_ + 2;
      } else if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else {
        return;
      }
    }
  }

  bool take(char c) {
    skip_blank();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  JsonValue parse_value(int depth) {
    if (depth > nesting_max) fail("less nesting");
    skip_blank();
    if (at_ >= text_.size()) fail("a value");
    const char c = text_[at_];
    if (c == '{') return parse_object(depth);
    if (c == '[') return parse_array(depth);
    if (c == '"') return JsonValue::of_string(parse_string());
    if (take_word("null")) return {};
    if (take_word("true")) return JsonValue::of_boolean(true);
    if (take_word("false")) return JsonValue::of_boolean(false);
    const size_t begin = at_;
    while (at_ < text_.size() && std::string_view("+-.0123456789eE").find(text_[at_]) != std::string_view::npos) ++at_;
    if (begin == at_) fail("a value");
    return JsonValue::of_number(std::string(text_.substr(begin, at_ - begin)));
  }

  JsonValue parse_object(int depth) {
    JsonValue object;
    object.kind = JsonValue::Kind::object;
    take('{');
    while (!take('}')) {
      skip_blank();
      if (at_ >= text_.size() || text_[at_] != '"') fail("a member's name");
      std::string name = parse_string();
      if (!take(':')) fail("':'");
      object.members.push_back({std::move(name), parse_value(depth + 1)});
      if (!take(',') && (skip_blank(), at_ >= text_.size() || text_[at_] != '}')) fail("',' or '}'");
    }
    return object;
  }

  JsonValue parse_array(int depth) {
    JsonValue array;
    array.kind = JsonValue::Kind::array;
    take('[');
    while (!take(']')) {
      array.elements.push_back(parse_value(depth + 1));
      if (!take(',') && (skip_blank(), at_ >= text_.size() || text_[at_] != ']')) fail("',' or ']'");
    }
    return array;
  }

  std::string parse_string() {
    std::string out;
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        out += text_[at_++];
        continue;
      }
      ++at_;
      if (at_ >= text_.size()) break;
      const char c = text_[at_++];
      constexpr std::string_view names = "bfnrt";
      constexpr std::string_view meanings = "\b\f\n\r\t";
      if (c == 'u') {
        append_utf8(parse_code_point(), out);
      } else {
        const size_t known = names.find(c);
        out += known == std::string_view::npos ? c : meanings[known];
      }
    }
    if (at_ >= text_.size()) fail("'\"'");
    ++at_;
    return out;
  }

  uint32_t parse_hexadecimal() {
    if (at_ + 4 > text_.size()) fail("four hexadecimal digits");
    const uint32_t unit = static_cast<uint32_t>(std::stoul(std::string(text_.substr(at_, 4)), nullptr, 16));
    at_ += 4;
    return unit;
  }

  uint32_t parse_code_point() {
    const uint32_t high = parse_hexadecimal();
    if (high < 0xD800 || high > 0xDBFF || !take_word("\\u")) return high;
    return 0x10000 + ((high - 0xD800) << 10) + (parse_hexadecimal() - 0xDC00);
  }

  static void append_utf8(uint32_t code, std::string& out) {
    const auto byte = [&](uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
      byte(0xC0 | (code >> 6));
    } else {
      if (code < 0x10000) {
        byte(0xE0 | (code >> 12));
      } else {
        byte(0xF0 | (code >> 18));
        byte(0x80 | ((code >> 12) & 0x3F));
      }
      byte(0x80 | ((code >> 6) & 0x3F));
    }
    byte(0x80 | (code & 0x3F));
  }

  std::string_view text_;
  size_t at_ = 0;
};

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void append(const JsonValue& value, std::string& out) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      out += "null";
      break;
    case JsonValue::Kind::boolean:
    case JsonValue::Kind::number:
      out += value.text;
      break;
    case JsonValue::Kind::string:
      append_quoted(value.text, out);
      break;
    case JsonValue::Kind::array:
      out += '[';
      for (size_t i = 0; i < value.elements.size(); ++i) {
        if (i > 0) out += ',';
        append(value.elements[i], out);
      }
      out += ']';
      break;
    case JsonValue::Kind::object:
      out += '{';
      for (size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out += ',';
        append_quoted(value.members[i].name, out);
        out += ':';
        append(value.members[i].value, out);
      }
      out += '}';
      break;
  }
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const JsonMember& member : members)
    if (member.name == name) return &member.value;
  return nullptr;
}

std::string JsonValue::text_of(std::string_view name, std::string_view otherwise) const {
  const JsonValue* value = find(name);
  return value == nullptr || value->is_null() ? std::string(otherwise) : value->text;
}

std::string JsonValue::to_string() const {
  std::string out;
  append(*this, out);
  return out;
}

JsonValue JsonValue::of_string(std::string text) {
  JsonValue value;
  value.kind = Kind::string;
  value.text = std::move(text);
  return value;
}

JsonValue JsonValue::of_number(std::string digits) {
  JsonValue value = of_string(std::move(digits));
  value.kind = Kind::number;
  return value;
}

JsonValue JsonValue::of_boolean(bool yes) {
  JsonValue value = of_string(yes ? "true" : "false");
  value.kind = Kind::boolean;
  return value;
}

JsonValue parse_json(std::string_view text) { return JsonParser(text).parse(); }

}  // namespace millrace::conformance
