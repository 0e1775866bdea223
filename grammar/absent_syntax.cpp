#include "grammar/absent_syntax.h"

#include <string_view>

#include "SqlParser.h"
#include "antlr4-runtime.h"
#include "grammar/tree.h"

namespace millrace::syntax {

namespace {

using Tokens = std::vector<antlr4::Token*>;

// `pattern`: words and signs, one token each, with `|` between those of which one stands there and `?` behind what may
// be missing; `@` is a name that is no word of the language, `*` any token, `…` any number of them, and `^` the
// beginning of a statement.
struct Entry {
  std::string_view pattern;
  std::string_view what;
  std::string_view instead;
};

constexpr std::string_view join_instead = "write FROM a JOIN b ON a.x = b.y";
constexpr std::string_view limit_instead = "LIMIT n ends with the first n rows";
constexpr std::string_view query_instead =
    "give the inner query a name by CREATE STREAM or TABLE … AS SELECT, and select from that";
constexpr std::string_view view_instead = "CREATE TABLE … AS SELECT keeps a result up to date";
constexpr std::string_view upsert_instead = "INSERT INTO a table puts the row in the place of the one with its key";
constexpr std::string_view transaction_instead = "each statement takes effect on its own";

// The first that fits counts.
constexpr Entry entries[] = {
    // what a query says
    {"SELECT DISTINCT", "SELECT DISTINCT",
     "CREATE TABLE … AS SELECT a, COUNT(*) AS n … GROUP BY a has one row for each value of a"},
    {"COUNT ( DISTINCT", "COUNT(DISTINCT …)", "COUNT_DISTINCT(…) counts the values that differ"},
    {"* ( DISTINCT", "DISTINCT within a function",
     "COUNT_DISTINCT counts the values that differ, COLLECT_SET collects them"},
    {"ORDER BY", "ORDER BY",
     "rows come as they arise, those of a look-up in no set order; sort them where they are shown, or keep the "
     "greatest "
     "of each group by TOPK(column, n)"},
    {"OVER (", "OVER", "GROUP BY with WINDOW TUMBLING, HOPPING or SESSION computes over rows that are close in time"},
    {"UNION SELECT|ALL|DISTINCT|(", "UNION",
     "CREATE STREAM … AS SELECT makes a stream of the first query, INSERT INTO … SELECT writes the next one into it"},
    {"INTERSECT|EXCEPT|MINUS SELECT|ALL|DISTINCT", "what two queries have in common, or not,",
     "JOIN finds the rows that both have, LEFT JOIN … WHERE … IS NULL those that only the left one has"},
    {"LIMIT * OFFSET", "OFFSET", limit_instead},
    {"FETCH FIRST|NEXT", "FETCH", limit_instead},
    {"GROUPING SETS", "GROUPING SETS", "write a query for each list of columns to group by"},
    {"FROM @ AS? @? ,", "a list of sources in FROM", join_instead},
    {"CROSS|NATURAL JOIN @ AS? @? *", "a CROSS or NATURAL JOIN", join_instead},
    {"USING (", "JOIN … USING", join_instead},
    {"ILIKE *", "ILIKE", "write LCASE(column) LIKE 'a%'"},
    // queries within queries
    {"^ WITH", "WITH before a query", query_instead},
    {"WITH @ AS (", "WITH before a query", query_instead},
    {"AS|INTO ( SELECT|WITH", "a query in parentheses", "leave them out"},
    {"INTO @ ( SELECT|WITH", "a query in parentheses", "leave them out"},
    {"IN|EXISTS|ANY|SOME|ALL ( SELECT|WITH", "a query within a condition",
     "make a table of it by CREATE TABLE … AS SELECT, and JOIN that"},
    {"( SELECT|WITH", "a query within a query", query_instead},
    // what changes rows
    {"^ DELETE", "DELETE",
     "a record of its key without a value removes a row from a table: INSERT the key alone into a stream over the same "
     "topic, made by CREATE STREAM removed (id STRING KEY, nothing STRING) WITH (KAFKA_TOPIC = …, VALUE_FORMAT = "
     "'KAFKA')"},
    {"^ UPDATE", "UPDATE", upsert_instead},
    {"^ MERGE", "MERGE", upsert_instead},
    {"^ UPSERT", "UPSERT", upsert_instead},
    {"^ REPLACE INTO", "REPLACE INTO", upsert_instead},
    {"^ TRUNCATE", "TRUNCATE",
     "DROP STREAM or TABLE … DELETE TOPIC takes all rows away with the stream or table, which you then CREATE anew"},
    {"^ INSERT … ) , (", "INSERT of several rows",
     "write a statement for each, or send them to POST /v1/streams/{name}/records"},
    {"^ BEGIN|COMMIT|ROLLBACK", "a transaction of several statements", transaction_instead},
    {"^ START TRANSACTION", "a transaction of several statements", transaction_instead},
    // what makes and changes streams and tables
    {"^ CREATE OR? REPLACE? TEMPORARY|TEMP|MATERIALIZED|RECURSIVE? VIEW", "CREATE VIEW", view_instead},
    {"^ DROP|ALTER MATERIALIZED? VIEW", "VIEW", view_instead},
    {"^ CREATE|DROP|ALTER UNIQUE? INDEX", "INDEX", "a table is looked up by any of its columns without one"},
    {"^ CREATE TEMPORARY|TEMP STREAM|TABLE", "a temporary stream or table",
     "CREATE it, and DROP it when it is not needed any more"},
    {"^ CREATE STREAM|TABLE @ ( … NOT NULL", "NOT NULL in a definition",
     "leave it out: any column but the key of a table may be NULL"},
    {"PRIMARY KEY ( *", "PRIMARY KEY (…)", "say it behind the column, as in id STRING PRIMARY KEY"},
    {"^ ALTER STREAM|TABLE @ DROP|RENAME|ALTER|MODIFY", "changing a column by ALTER",
     "ALTER … ADD COLUMN adds one; CREATE … AS SELECT makes a stream or table with other columns"},
};

bool is_plain_name(size_t type) {
  using Parser = antlr::SqlParser;
  return type == Parser::IDENTIFIER || type == Parser::BACKQUOTED_IDENTIFIER || type == Parser::QUOTED_IDENTIFIER;
}

// Whether a word of a pattern, such as "FIRST|NEXT", is this token. Names in quotes and texts are no words.
bool is_word(std::string_view alternatives, const antlr4::Token& token) {
  if (alternatives == "*") return true;
  if (alternatives == "@") return is_plain_name(token.getType());
  constexpr size_t longest = 16;
  if (token.getStopIndex() - token.getStartIndex() >= longest) return false;
  const std::string word = tree::upper_cased(token.getText());
  while (!alternatives.empty()) {
    const size_t end = std::min(alternatives.find('|'), alternatives.size());
    if (alternatives.substr(0, end) == word) return true;
    alternatives.remove_prefix(std::min(end + 1, alternatives.size()));
  }
  return false;
}

class Search {
 public:
  Search(const Tokens& tokens, size_t wrong) : tokens_(tokens), wrong_(wrong) {}

  // Whether the pattern fits from tokens[begin] on, with one of its words at the wrong token.
  bool fits(std::string_view pattern, size_t begin, bool at_wrong = false) const {
    if (pattern.empty()) return at_wrong;
    const size_t space = std::min(pattern.find(' '), pattern.size());
    std::string_view word = pattern.substr(0, space);
    const std::string_view rest = pattern.substr(std::min(space + 1, pattern.size()));
    if (word == "^") return begins_statement(begin) && fits(rest, begin, at_wrong);
    if (word == "…") {
      for (size_t next = begin; next <= wrong_; ++next)
        if (fits(rest, next, at_wrong)) return true;
      return false;
    }
    const bool optional = word.ends_with('?');
    if (optional) word.remove_suffix(1);
    if (begin < tokens_.size() && is_word(word, *tokens_[begin]) && fits(rest, begin + 1, at_wrong || begin == wrong_))
      return true;
    return optional && fits(rest, begin, at_wrong);
  }

  size_t statement_begin() const {
    size_t begin = wrong_;
    while (!begins_statement(begin)) --begin;
    return begin;
  }

 private:
  bool begins_statement(size_t index) const {
    return index == 0 || tokens_[index - 1]->getType() == antlr::SqlParser::SEMICOLON;
  }

  const Tokens& tokens_;
  const size_t wrong_;
};

}  // namespace

std::optional<AbsentSyntax> find_absent_syntax(const Tokens& tokens, size_t wrong) {
  const Search search(tokens, wrong);
  constexpr size_t tokens_before = 8;  // as many as any pattern without a `^` has
  const size_t statement = search.statement_begin();
  for (const Entry& entry : entries) {
    const bool first = entry.pattern.starts_with('^');
    const size_t nearest = std::max(statement, wrong - std::min(wrong, tokens_before));
    for (size_t begin = first ? statement : nearest; begin <= (first ? statement : wrong); ++begin) {
      if (!search.fits(entry.pattern, begin)) continue;
      return AbsentSyntax{begin, std::string(entry.what) + " is not supported: " + std::string(entry.instead)};
    }
  }
  return std::nullopt;
}

}  // namespace millrace::syntax
