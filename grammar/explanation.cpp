#include "grammar/explanation.h"

#include <algorithm>

#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/absent_syntax.h"
#include "grammar/tree.h"

namespace millrace::syntax {

namespace {

using Parser = antlr::SqlParser;
using Tokens = std::vector<antlr4::Token*>;

constexpr size_t phrases_max = 6;

// Words as they are, signs and numbers in back-ticks.
std::string quoted(const antlr4::Token& token) {
  std::string text = tree::shown(token);
  return text.size() <= 2 && keyword(token.getType()).empty() && token.getType() != Parser::IDENTIFIER
             ? "`" + text + "`"
             : text;
}

std::string joined(const std::vector<std::string>& phrases) {
  std::string list;
  for (size_t i = 0; i < phrases.size(); ++i) {
    if (i > 0) list += i + 1 == phrases.size() ? " or " : ", ";
    list += phrases[i];
  }
  return list;
}

bool is_clause(size_t token) {
  return token == Parser::WINDOW || token == Parser::WHERE || token == Parser::GROUP || token == Parser::PARTITION ||
         token == Parser::HAVING || token == Parser::EMIT || token == Parser::LIMIT;
}

bool begins_statement(size_t token) {
  switch (token) {
    case Parser::SELECT:
    case Parser::CREATE:
    case Parser::INSERT:
    case Parser::DROP:
    case Parser::ALTER:
    case Parser::TERMINATE:
    case Parser::PAUSE:
    case Parser::RESUME:
    case Parser::SHOW:
    case Parser::LIST:
    case Parser::DESCRIBE:
    case Parser::EXPLAIN:
    case Parser::SET:
    case Parser::UNSET:
    case Parser::DEFINE:
    case Parser::UNDEFINE:
    case Parser::PRINT:
    case Parser::RUN:
    case Parser::ASSERT:
      return true;
    default:
      return false;
  }
}

// Reserved words that are not likely to be meant as names.
bool has_meaning_alone(size_t token) {
  return token == Parser::NULL_ || token == Parser::TRUE_ || token == Parser::FALSE_ || token == Parser::DISTINCT;
}

bool ends_statement(size_t token) { return token == Parser::SEMICOLON || token == antlr4::Token::EOF; }

// Few enough to read: many clauses are one item, and the list ends where it grows long.
std::vector<std::string> condensed(std::vector<std::string> phrases) {
  auto is_clause_phrase = [](const std::string& phrase) {
    return phrase == "WINDOW" || phrase == "WHERE" || phrase == "GROUP BY" || phrase == "PARTITION BY" ||
           phrase == "HAVING" || phrase == "EMIT" || phrase == "LIMIT";
  };
  if (std::count_if(phrases.begin(), phrases.end(), is_clause_phrase) > 2) {
    auto first = std::find_if(phrases.begin(), phrases.end(), is_clause_phrase);
    bool where = std::find(phrases.begin(), phrases.end(), "WHERE") != phrases.end();
    std::string clauses = "a clause such as " + (where ? "WHERE" : *first);
    phrases.erase(std::remove_if(first + 1, phrases.end(), is_clause_phrase), phrases.end());
    *std::find_if(phrases.begin(), phrases.end(), is_clause_phrase) = clauses;
  }
  if (phrases.size() > phrases_max) {
    phrases.resize(phrases_max);
    phrases.back() = "something else that may follow";
  }
  return phrases;
}

// The number of letters to change, add, drop or exchange with the next one.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      size_t changed = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

// The keyword of `candidates` that the token was most likely meant to be, or 0.
size_t nearest_keyword(const antlr4::Token& token, const std::set<size_t>& candidates) {
  if (token.getType() != Parser::IDENTIFIER) return 0;
  std::string word = tree::upper_cased(token.getText());
  if (word.size() < 3 || word.size() > 16) return 0;
  size_t nearest = 0;
  size_t nearest_distance = word.size() < 6 ? 2 : 3;
  for (size_t candidate : candidates) {
    std::string other = keyword(candidate);
    if (other.size() < 2) continue;
    size_t distance = edit_distance(word, other);
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

class Explanation {
 public:
  Explanation(const Tokens& tokens, size_t next, Expectation here)
      : tokens_(tokens), at_(next), here_(std::move(here)) {
    while (at_ + 1 < tokens_.size() && here_.advance(type(at_))) ++at_;
    candidates_ = here_.tokens();
    error_.position = tree::position(token());
    error_.token = token().getType() == antlr4::Token::EOF ? std::string() : tree::shown(token());
    error_.expected = joined(condensed(here_.phrases()));
  }

  SyntaxError made() {
    if (absent() || misspelled() || double_equals() || semicolon_missing() || unclosed() || comma_missing() ||
        reserved_name() || unquoted_text() || unquoted_setting() || comma_too_many() || clause_within_parentheses() ||
        clause_out_of_order() || never_opened()) {
      return error_;
    }
    say("");
    return error_;
  }

 private:
  antlr4::Token& token() const { return *tokens_[at_]; }
  size_t type(size_t index) const { return tokens_[index]->getType(); }
  bool expects(size_t token) const { return candidates_.count(token) > 0; }

  // "expected … after …, found …", and what there is to add.
  void say(const std::string& addition) {
    bool first = at_ == 0 || type(at_ - 1) == Parser::SEMICOLON;
    std::string after = first ? "" : " after " + quoted(*tokens_[at_ - 1]);
    error_.message = "expected " + error_.expected + after + ", found " + quoted(token()) + addition;
  }

  // Whether a repair lets the text go on for a while: `repaired` stands instead of what is before tokens[from].
  bool goes_on(Expectation repaired, size_t from) const {
    constexpr size_t tokens_tried = 8;
    for (size_t i = from; i < tokens_.size() && i < from + tokens_tried; ++i) {
      if (ends_statement(type(i))) return repaired.tokens().count(Parser::SEMICOLON) > 0;
      if (!repaired.advance(type(i))) return false;
    }
    return true;
  }

  bool goes_on_after(size_t inserted, size_t from) const {
    Expectation repaired = here_;
    return repaired.advance(inserted) && goes_on(std::move(repaired), from);
  }

  bool absent() {
    const std::optional<AbsentSyntax> found = find_absent_syntax(tokens_, at_);
    if (!found) return false;
    at_ = found->begin;
    error_ = {SyntaxError::Kind::unsupported, found->message, tree::position(token()), tree::shown(token()), "", ""};
    return true;
  }

  // SELEC, or a misspelled word that could be taken for an alias: SELECT a FORM t.
  bool misspelled() {
    size_t meant = nearest_keyword(token(), candidates_);
    if (meant != 0 && token().getText().size() < 4 && !goes_on_after(meant, at_ + 1)) meant = 0;
    if (meant == 0 && at_ > 0) {
      meant = nearest_keyword(*tokens_[at_ - 1], candidates_);
      if (meant == 0 || !goes_on_after(meant, at_)) return false;
      --at_;
      error_.position = tree::position(token());
      error_.token = token().getText();
      error_.expected = keyword(meant);
    }
    if (meant == 0) return false;
    error_.suggestion = keyword(meant);
    say("; did you mean " + error_.suggestion + "?");
    return true;
  }

  bool double_equals() {
    if (token().getType() != Parser::DOUBLE_EQUAL) return false;
    error_.suggestion = "=";
    error_.message = "`==` is not an operator; equality is written `=`";
    return true;
  }

  bool semicolon_missing() {
    if (!begins_statement(token().getType()) || !expects(Parser::SEMICOLON) || !goes_on_after(Parser::SEMICOLON, at_))
      return false;
    error_.expected = "`;`";
    error_.message = "expected `;` between two statements, found " + quoted(token());
    return true;
  }

  // The end came while something was open: that is where to look.
  bool unclosed() {
    if (!ends_statement(token().getType())) return false;
    std::vector<size_t> open = open_tokens();
    if (open.empty() || expects(Parser::SEMICOLON)) return false;
    const antlr4::Token& opener = *tokens_[open.back()];
    bool is_case = opener.getType() == Parser::CASE;
    error_.position = tree::position(opener);
    error_.token = opener.getText();
    error_.message = (is_case ? "the CASE that begins here has no END"
                              : "the " + quoted(opener) + " that opens here is not closed") +
                     "; expected " + error_.expected + " at the end";
    return true;
  }

  // The brackets and CASEs of this statement that are open before the token.
  std::vector<size_t> open_tokens() const {
    std::vector<size_t> open;
    for (size_t i = 0; i < at_; ++i) {
      switch (type(i)) {
        case Parser::SEMICOLON:
          open.clear();
          break;
        case Parser::OPEN:
        case Parser::OPEN_BRACKET:
        case Parser::CASE:
          open.push_back(i);
          break;
        case Parser::CLOSE:
        case Parser::CLOSE_BRACKET:
        case Parser::END:
          if (!open.empty()) open.pop_back();
          break;
        default:
          break;
      }
    }
    return open;
  }

  bool comma_missing() {
    if (!expects(Parser::COMMA) || ends_statement(token().getType()) || !goes_on_after(Parser::COMMA, at_))
      return false;
    error_.expected = "`,`";
    say("; is a comma missing?");
    return true;
  }

  bool reserved_name() {
    if (keyword(token().getType()).empty() || has_meaning_alone(token().getType())) return false;
    if (!expects(Parser::IDENTIFIER)) return false;
    if (!goes_on_after(Parser::IDENTIFIER, at_ + 1)) return false;
    std::string word = tree::upper_cased(token().getText());
    say("; " + word + " is a reserved word: as a name it is written in back-ticks, `" + word + "`");
    return true;
  }

  // "text" or a bare word where only text can stand.
  bool unquoted_text() {
    const size_t here = token().getType();
    if (!expects(Parser::STRING) || expects(Parser::IDENTIFIER)) return false;
    const bool quotes = here == Parser::QUOTED_IDENTIFIER;
    if (!quotes && here != Parser::IDENTIFIER && here != Parser::INTEGER && here != Parser::DECIMAL) return false;
    say("; text is written in single quotes, '" + (quotes ? tree::unquoted(token()) : token().getText()) + "'");
    return true;
  }

  // SET auto.offset.reset = …
  bool unquoted_setting() {
    if (token().getType() != Parser::DOT || at_ < 2) return false;
    if (type(at_ - 2) != Parser::SET && type(at_ - 2) != Parser::UNSET && type(at_ - 2) != Parser::SYSTEM) return false;
    std::string setting;
    for (size_t i = at_ - 1; type(i) != Parser::EQUAL && !ends_statement(type(i)); ++i)
      setting += tokens_[i]->getText();
    say("; the name of a setting is written in single quotes, '" + setting + "'");
    return true;
  }

  bool comma_too_many() {
    if (at_ == 0 || type(at_ - 1) != Parser::COMMA) return false;
    const size_t here = token().getType();
    if (here != Parser::FROM && here != Parser::CLOSE && here != Parser::CLOSE_BRACKET && !is_clause(here) &&
        !ends_statement(here))
      return false;
    say("; the comma before it is one too many");
    return true;
  }

  bool clause_within_parentheses() {
    std::vector<size_t> open = open_tokens();
    size_t here = token().getType();
    if (open.empty() || (!is_clause(here) && here != Parser::FROM && here != Parser::JOIN)) return false;
    const antlr4::Token& opener = *tokens_[open.back()];
    Position position = tree::position(opener);
    say("; the " + quoted(opener) + " at line " + std::to_string(position.line) + ", column " +
        std::to_string(position.column) + " is still open");
    return true;
  }

  bool clause_out_of_order() {
    if (!is_clause(token().getType()) || !expects(Parser::SEMICOLON)) return false;
    say("; the clauses come in the order FROM, WINDOW, WHERE, GROUP BY, PARTITION BY, HAVING, EMIT, LIMIT, each once");
    return true;
  }

  bool never_opened() {
    size_t closer = token().getType();
    if ((closer != Parser::CLOSE && closer != Parser::CLOSE_BRACKET) || !open_tokens().empty()) return false;
    say("; nothing is open here");
    return true;
  }

  const Tokens& tokens_;
  size_t at_;
  Expectation here_;
  std::set<size_t> candidates_;
  SyntaxError error_;
};

}  // namespace

SyntaxError explain(const Tokens& tokens, size_t next, Expectation here) {
  return Explanation(tokens, next, std::move(here)).made();
}

}  // namespace millrace::syntax
