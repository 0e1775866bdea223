#include "grammar/variables.h"

#include <algorithm>
#include <optional>

#include "grammar/tree.h"

namespace millrace::syntax {

namespace {

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_letter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char32_t c) { return is_letter(c) || is_digit(c) || c == '@'; }
bool is_space(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_quote(char32_t c) { return c == '\'' || c == '"' || c == '`'; }

// One name, number or quoted text: nothing that could end what is around it.
bool is_single_token(std::u32string_view value) {
  if (value.empty()) return false;
  if (is_quote(value.front())) {
    size_t i = 1;
    for (; i < value.size() && (value[i] != value[0] || (i + 1 < value.size() && value[i + 1] == value[0])); ++i) {
      if (value[i] == value[0]) ++i;
    }
    return i + 1 == value.size();
  }
  if (value.front() == '-') value.remove_prefix(1);
  bool number = !value.empty() && (is_digit(value.front()) || value.front() == '.');
  return !value.empty() && value.front() != '-' &&
         std::all_of(value.begin(), value.end(), [&](char32_t c) { return is_word(c) || (number && c == '.'); });
}

// One walk over the text; what it replaces and defines depends on whether it is within quotes.
class Replacement {
 public:
  Replacement(SourceText& source, const std::map<std::string, std::string>& variables)
      : source_(source), text_(source.points()) {
    for (const auto& [name, value] : variables) values_[tree::upper_cased(name)] = value;
  }

  void run() {
    while (at_ < text_.size()) {
      char32_t c = text_[at_];
      if (quote_ == 0 && skip_comment()) continue;
      if (c == '$' && replace()) continue;
      if (quote_ == 0 && c == ';') {
        define();
        statement_.clear();
      } else {
        if (c == quote_) {
          quote_ = 0;
        } else if (quote_ == 0 && is_quote(c)) {
          quote_ = c;
        }
        statement_.push_back(c);
      }
      ++at_;
    }
    source_.replace(found_);
  }

 private:
  char32_t ahead(size_t offset) const { return at_ + offset < text_.size() ? text_[at_ + offset] : U'\0'; }

  bool skip_comment() {
    size_t end;
    if (text_[at_] == '-' && ahead(1) == '-') {
      end = text_.find(U'\n', at_);
    } else if (text_[at_] == '/' && ahead(1) == '*') {
      end = text_.find(U"*/", at_ + 2);
      if (end != std::u32string::npos) end += 2;
    } else {
      return false;
    }
    statement_.push_back(' ');
    at_ = std::min(end, text_.size());
    return true;
  }

  // At a `$`: ${name} or $${name}; false where it is only a `$`.
  bool replace() {
    size_t dollars = ahead(1) == '$' ? 2 : 1;
    if (ahead(dollars) != '{' || !is_letter(ahead(dollars + 1))) return false;
    size_t name_begin = at_ + dollars + 1;
    size_t name_end = name_begin;
    while (name_end < text_.size() && is_word(text_[name_end])) ++name_end;
    if (name_end == text_.size() || text_[name_end] != '}') return false;
    std::u32string value = dollars == 2 ? text_.substr(at_ + 1, name_end - at_) : value_of(name_begin, name_end);
    statement_ += value;
    added_ += value.size();
    if (added_ > source_.bytes_max()) {
      refuse(SyntaxError::Kind::too_large,
             "the values of the variables add more than " + std::to_string(source_.bytes_max()) + " characters",
             source_.position(at_));
    }
    found_.push_back({at_, name_end + 1, std::move(value)});
    at_ = name_end + 1;
    return true;
  }

  std::u32string value_of(size_t begin, size_t end) const {
    std::string name = source_.utf8(begin, end);
    auto found = values_.find(tree::upper_cased(name));
    Position position = source_.position(at_);
    if (found == values_.end()) {
      refuse(SyntaxError::Kind::undefined_variable,
             "the variable " + name + " is not defined; DEFINE " + name + " = '…' gives it a value", position,
             "${" + name + "}");
    }
    std::u32string value = to_code_points(found->second);
    if (quote_ == 0) {
      if (is_single_token(value)) return value;
      refuse(SyntaxError::Kind::invalid,
             "the value of the variable " + name + " is not one name, number or quoted string", position,
             "${" + name + "}");
    }
    std::u32string escaped;
    for (char32_t c : value) escaped.append(c == quote_ ? 2 : 1, c);
    return escaped;
  }

  // At the end of a statement: DEFINE name = 'value' and UNDEFINE name.
  void define() {
    std::u32string_view rest = statement_;
    std::string verb = take_word(rest);
    if (verb != "DEFINE" && verb != "UNDEFINE") return;
    std::string name = take_word(rest);
    if (verb == "UNDEFINE") {
      values_.erase(name);
      return;
    }
    skip_space(rest);
    if (rest.empty() || rest.front() != '=') return;
    rest.remove_prefix(1);
    skip_space(rest);
    while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
    if (rest.size() < 2 || rest.front() != '\'' || rest.back() != '\'') return;
    std::u32string value;
    for (size_t i = 1; i + 1 < rest.size(); ++i) {
      value.push_back(rest[i]);
      if (rest[i] == '\'') ++i;
    }
    values_[name] = to_utf8(value);
  }

  static void skip_space(std::u32string_view& rest) {
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  }

  static std::string take_word(std::u32string_view& rest) {
    skip_space(rest);
    std::string word;
    while (!rest.empty() && is_word(rest.front())) {
      word.push_back(static_cast<char>(rest.front()));
      rest.remove_prefix(1);
    }
    return tree::upper_cased(std::move(word));
  }

  SourceText& source_;
  const std::u32string& text_;
  std::map<std::string, std::string> values_;
  size_t at_ = 0;
  char32_t quote_ = 0;        // within quotes: which
  std::u32string statement_;  // since the last semicolon, comments left out
  size_t added_ = 0;
  std::vector<SourceText::Replacement> found_;
};

}  // namespace

void replace_variables(SourceText& source, const std::map<std::string, std::string>& variables) {
  if (source.points().find(U"${") == std::u32string::npos) return;
  Replacement(source, variables).run();
}

}  // namespace millrace::syntax
