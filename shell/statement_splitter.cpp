#include "shell/statement_splitter.h"

#include <algorithm>
#include <cctype>

namespace millrace::shell {

void StatementSplitter::remove(size_t bytes) {
  const std::string_view removed = pending().substr(0, bytes);
  line_ += static_cast<int>(std::count(removed.begin(), removed.end(), '\n'));
  begin_ += bytes;
  // Each byte is moved a few times at most, however many statements a text has.
  if (begin_ < text_.size() / 2) return;
  text_.erase(0, begin_);
  begin_ = 0;
}

// Takes space, complete comments and semicolons that end nothing off the front; only before a statement has begun.
void StatementSplitter::skip_blank() {
  const std::string_view text = pending();
  size_t at = 0;
  for (;;) {
    while (at < text.size() && (std::isspace(static_cast<unsigned char>(text[at])) != 0 || text[at] == ';')) ++at;
    const std::string_view rest = text.substr(at);
    std::string_view end;
    if (rest.starts_with("--")) {
      end = "\n";
    } else if (rest.starts_with("/*")) {
      end = "*/";
    } else {
      break;
    }
    const size_t found = text.find(end, at + 2);
    if (found == std::string_view::npos) break;
    at = found + end.size();
  }
  remove(at);
}

std::optional<StatementText> StatementSplitter::next() {
  if (scanned_ == 0) skip_blank();
  if (scanned_ == 0 && (pending().starts_with("--") || pending().starts_with("/*"))) return std::nullopt;
  const std::string_view text = pending();
  for (; scanned_ < text.size(); ++scanned_) {
    const char c = text[scanned_];
    const bool last = scanned_ + 1 == text.size();  // a mark of two characters may be cut between two pieces
    const char following = last ? '\0' : text[scanned_ + 1];
    switch (within_) {
      case Within::text:
        if (c == ';') {
          StatementText statement{std::string(text.substr(0, scanned_ + 1)), line_};
          remove(scanned_ + 1);
          scanned_ = 0;
          return statement;
        }
        if (last && (c == '-' || c == '/')) return std::nullopt;
        if (c == '\'') within_ = Within::single_quotes;
        if (c == '"') within_ = Within::double_quotes;
        if (c == '`') within_ = Within::backquotes;
        if (c == '-' && following == '-') within_ = Within::line_comment;
        if (c == '/' && following == '*') within_ = Within::block_comment, ++scanned_;
        break;
      case Within::single_quotes:  // a doubled quote ends one text and begins another, which comes to the same
        if (c == '\'') within_ = Within::text;
        break;
      case Within::double_quotes:
        if (c == '"') within_ = Within::text;
        break;
      case Within::backquotes:
        if (c == '`') within_ = Within::text;
        break;
      case Within::line_comment:
        if (c == '\n') within_ = Within::text;
        break;
      case Within::block_comment:
        if (last && c == '*') return std::nullopt;
        if (c == '*' && following == '/') within_ = Within::text, ++scanned_;
        break;
    }
  }
  return std::nullopt;
}

std::optional<StatementText> StatementSplitter::rest() {
  if (empty()) {
    clear();
    return std::nullopt;
  }
  std::string_view text = pending();
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  StatementText statement{std::string(text), line_};
  clear();
  return statement;
}

bool StatementSplitter::empty() {
  if (scanned_ == 0) skip_blank();
  // A comment that nothing ends is still a comment when it is a line's; an open block comment is a mistake to be told.
  const std::string_view text = pending();
  return text.empty() || (text.starts_with("--") && text.find('\n') == std::string_view::npos);
}

void StatementSplitter::clear() {
  remove(pending().size());
  scanned_ = 0;
  within_ = Within::text;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string first_word(std::string_view statement) {
  size_t end = 0;
  while (end < statement.size() &&
         (std::isalpha(static_cast<unsigned char>(statement[end])) != 0 || statement[end] == '_')) {
    ++end;
  }
  return upper(statement.substr(0, end));
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'') {
      std::string word;
      for (++i; i < text.size(); ++i) {
        if (text[i] == '\'' && (i + 1 == text.size() || text[i + 1] != '\'')) break;
        if (text[i] == '\'') ++i;
        word += text[i];
      }
      ++i;
      words.push_back(word);
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
      size_t end = i;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
      words.emplace_back(text.substr(i, end - i));
      i = end;
    } else {
      ++i;
    }
  }
  return words;
}

std::string on_one_line(std::string_view statement) {
  std::string out;
  char within = '\0';  // quotes
  for (size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    if (within != '\0') {
      if (c == within) within = '\0';
    } else if (c == '\'' || c == '"' || c == '`') {
      within = c;
    } else if (statement.substr(i).starts_with("--")) {
      i = std::min(statement.find('\n', i), statement.size()) - 1;
      continue;
    } else if (statement.substr(i).starts_with("/*")) {
      const size_t end = std::min(statement.find("*/", i + 2), statement.size() - 2) + 2;
      out.append(statement.substr(i, end - i));
      i = end - 1;
      continue;
    } else if (c == '\n') {
      out += ' ';
      continue;
    }
    out += c;
  }
  return out;
}

}  // namespace millrace::shell
