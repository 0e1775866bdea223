#include "shell/statement_splitter.h"

#include <algorithm>
#include <cctype>

namespace millrace::shell {

void StatementSplitter::remove(size_t bytes) {
  line_ += static_cast<int>(std::count(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(bytes), '\n'));
  pending_.erase(0, bytes);
}

// Takes space and complete comments off the front; only before a statement has begun.
void StatementSplitter::skip_blank() {
  size_t at = 0;
  for (;;) {
    while (at < pending_.size() && std::isspace(static_cast<unsigned char>(pending_[at])) != 0) ++at;
    const std::string_view rest = std::string_view(pending_).substr(at);
    std::string_view end;
    if (rest.starts_with("--")) {
      end = "\n";
    } else if (rest.starts_with("/*")) {
      end = "*/";
    } else {
      break;
    }
    const size_t found = pending_.find(end, at + 2);
    if (found == std::string::npos) break;
    at = found + end.size();
  }
  remove(at);
}

std::optional<StatementText> StatementSplitter::next() {
  if (scanned_ == 0) skip_blank();
  if (scanned_ == 0 && (pending_.starts_with("--") || pending_.starts_with("/*"))) return std::nullopt;
  for (; scanned_ < pending_.size(); ++scanned_) {
    const char c = pending_[scanned_];
    const bool last = scanned_ + 1 == pending_.size();  // a mark of two characters may be cut between two pieces
    const char following = last ? '\0' : pending_[scanned_ + 1];
    switch (within_) {
      case Within::text:
        if (c == ';') {
          StatementText statement{pending_.substr(0, scanned_ + 1), line_};
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
  while (!pending_.empty() && std::isspace(static_cast<unsigned char>(pending_.back())) != 0) pending_.pop_back();
  StatementText statement{pending_, line_};
  clear();
  return statement;
}

bool StatementSplitter::empty() {
  if (scanned_ == 0) skip_blank();
  // A comment that nothing ends is still a comment when it is a line's; an open block comment is a mistake to be told.
  return pending_.empty() || (pending_.starts_with("--") && pending_.find('\n') == std::string::npos);
}

void StatementSplitter::clear() {
  remove(pending_.size());
  scanned_ = 0;
  within_ = Within::text;
}

std::string first_word(std::string_view statement) {
  std::string word;
  for (const char c : statement) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0 && c != '_') break;
    word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return word;
}

}  // namespace millrace::shell
