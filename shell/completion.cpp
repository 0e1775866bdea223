#include "shell/completion.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "shell/help.h"
#include "shell/statement_splitter.h"

namespace millrace::shell {
namespace {

using Words = std::vector<std::string>;

const Words statement_beginnings = {"ALTER",  "ASSERT", "CLEAR",   "CREATE",    "DATE",     "DEFINE", "DESCRIBE",
                                    "DROP",   "EXIT",   "EXPLAIN", "HELP",      "HISTORY",  "INSERT", "LIST",
                                    "OUTPUT", "PAUSE",  "PRINT",   "QUIT",      "RESUME",   "RUN",    "SCRIPT",
                                    "SELECT", "SET",    "SHOW",    "TERMINATE", "UNDEFINE", "UNSET",  "VERSION"};
const Words beginnings_of_operands = {"CASE",         "CAST(",   "DISTINCT", "NOT",         "NULL",     "ROWOFFSET",
                                      "ROWPARTITION", "ROWTIME", "STRUCT(",  "WINDOWSTART", "WINDOWEND"};
// What may come behind an operand, before FROM and after it.
const Words behind_operand = {"AND", "AS",   "BETWEEN", "ELSE", "END",  "FROM", "IN",
                              "IS",  "LIKE", "NOT",     "OR",   "THEN", "WHEN"};
const Words clauses = {"EMIT CHANGES", "EMIT FINAL", "FULL OUTER JOIN", "GROUP BY", "HAVING",
                       "INNER JOIN",   "JOIN",       "LEFT JOIN",       "LIMIT",    "ON",
                       "PARTITION BY", "RIGHT JOIN", "WHERE",           "WINDOW",   "WITHIN"};
const Words units = {"DAYS", "HOURS", "MILLISECONDS", "MINUTES", "SECONDS"};
// Words of which it is clear what follows, wherever they stand in a query.
const std::map<std::string, Words> followers = {
    {"ADVANCE", {"BY"}},
    {"EMIT", {"CHANGES", "FINAL"}},
    {"FULL", {"JOIN", "OUTER JOIN"}},
    {"GRACE", {"PERIOD"}},
    {"GROUP", {"BY"}},
    {"INNER", {"JOIN"}},
    {"IS", {"DISTINCT FROM", "NOT DISTINCT FROM", "NOT NULL", "NULL"}},
    {"LEFT", {"JOIN", "OUTER JOIN"}},
    {"LIMIT", {}},
    {"OUTER", {"JOIN"}},
    {"PARTITION", {"BY"}},
    {"RIGHT", {"JOIN", "OUTER JOIN"}},
    {"WINDOW", {"HOPPING (SIZE", "SESSION (", "TUMBLING (SIZE"}},
};
const Words type_words = {"ARRAY",   "BIGINT", "BOOLEAN", "BYTES",  "DATE", "DECIMAL",   "DOUBLE",
                          "INTEGER", "MAP",    "STRING",  "STRUCT", "TIME", "TIMESTAMP", "VARCHAR"};
const Words source_properties = {"FORMAT",           "KAFKA_TOPIC",       "KEY_FORMAT",    "PARTITIONS",
                                 "REPLICAS",         "RETENTION_BYTES",   "RETENTION_MS",  "TIMESTAMP",
                                 "TIMESTAMP_FORMAT", "VALUE_DELIMITER",   "VALUE_FORMAT",  "WINDOW_SIZE",
                                 "WINDOW_TYPE",      "WRAP_SINGLE_VALUE", "KEY_DELIMITER", "CLEANUP_POLICY"};
const Words formats = {"'DELIMITED'", "'JSON'", "'KAFKA'", "'NONE'"};
// More than this is no list to choose from.
constexpr size_t files_max = 1000;

bool is_name_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

// Words, texts in quotes and signs of a statement, without comments.
struct Tokens {
  Words all;         // words upper-cased; quoted ones as they stand
  std::string open;  // what the cursor stands in or right behind: a word or an unclosed quote
  bool comment = false;
};

// The end of what begins with a quote, or npos.
size_t quoted_end(std::string_view text, size_t at) {
  const size_t end = text.find(text[at], at + 1);
  return end == std::string_view::npos ? end : end + 1;
}

Tokens scan(std::string_view text) {
  Tokens tokens;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    size_t end = at + 1;
    if (rest.starts_with("--") || rest.starts_with("/*")) {
      const std::string_view close = rest[0] == '-' ? "\n" : "*/";
      end = text.find(close, at + 2);
      tokens.comment = end == std::string_view::npos;
      if (tokens.comment) return tokens;
      at = end + close.size();
      continue;
    }
    if (text[at] == '\'' || text[at] == '"' || text[at] == '`') {
      end = quoted_end(text, at);
      if (end == std::string_view::npos) {
        tokens.open = rest;
        return tokens;
      }
    } else if (is_name_character(text[at])) {
      while (end < text.size() && is_name_character(text[end])) ++end;
    }
    if (std::isspace(static_cast<unsigned char>(text[at])) == 0) {
      const bool word = is_name_character(text[at]);
      if (word && end == text.size()) {
        tokens.open = rest;
        return tokens;
      }
      tokens.all.push_back(word ? upper(text.substr(at, end - at)) : std::string(text.substr(at, end - at)));
    }
    at = end;
  }
  return tokens;
}

// As it is written in SQL: in backquotes where it is no plain name in capitals.
std::string as_identifier(const std::string& name) {
  const bool plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return c == '_' || (std::isalnum(static_cast<unsigned char>(c)) != 0 &&
                                           std::islower(static_cast<unsigned char>(c)) == 0);
                     });
  return plain ? name : "`" + name + "`";
}

class Context {
 public:
  Context(const Tokens& tokens, const Words& behind, const NameSource& server)
      : words_(tokens.all), behind_(behind), open_(tokens.open), server_(server) {}

  Words candidates() const;

 private:
  // The last word but `back`; "" before the first.
  std::string last(size_t back = 0) const { return back < words_.size() ? words_[words_.size() - 1 - back] : ""; }
  bool last_is(std::initializer_list<const char*> any, size_t back = 0) const {
    return std::any_of(any.begin(), any.end(), [&](const char* each) { return last(back) == each; });
  }
  bool begins_with(std::initializer_list<const char*> beginning) const {
    return words_.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), words_.begin());
  }

  Words names(NameKind kind) const {
    Words out;
    for (const std::string& name : server_.names(kind)) out.push_back(as_identifier(name));
    return out;
  }
  Words both(Words some, const Words& more) const {
    some.insert(some.end(), more.begin(), more.end());
    return some;
  }
  Words sources() const { return both(names(NameKind::streams), names(NameKind::tables)); }
  Words types() const { return both(type_words, names(NameKind::types)); }
  Words texts(NameKind kind) const {
    Words out;
    for (const std::string& name : server_.names(kind)) out.push_back("'" + name + "'");
    return out;
  }
  Words functions() const {
    Words out;
    for (const std::string& name : server_.names(NameKind::functions)) out.push_back(name + "(");
    return out;
  }

  Words topics() const;
  Words of_alter() const;
  Words of_assert() const;
  Words of_create() const;
  Words of_describe() const;
  Words of_drop() const;
  Words of_explain() const;
  Words of_insert() const;
  Words of_output() const { return {"CSV", "JSON", "TABLE"}; }
  Words of_print() const;
  Words of_query() const;
  Words of_query_id() const { return words_.size() == 1 ? both(names(NameKind::queries), {"ALL"}) : Words(); }
  Words of_run() const { return words_.size() == 1 ? Words{"SCRIPT"} : files(); }
  Words of_setting() const;
  Words of_show() const;
  Words of_property() const;
  Words of_text() const;
  Words of_window() const;
  Words files() const;
  Words columns() const;
  bool operand_expected() const;
  bool has(const char* word) const { return std::find(words_.begin(), words_.end(), word) != words_.end(); }
  std::string open_list() const;
  bool in_type() const;

  const Words& words_;
  const Words& behind_;
  const std::string& open_;
  const NameSource& server_;
};

// The word before the innermost parenthesis that is open: WITH, a name, or "" where none is.
std::string Context::open_list() const {
  int closed = 0;
  for (size_t i = words_.size(); i-- > 0;) {
    if (words_[i] == ")") ++closed;
    if (words_[i] == "(" && closed-- == 0) return i == 0 ? "(" : words_[i - 1];
  }
  return "";
}

// Where a type is to stand: after the name of a column of CREATE, after a < or a comma of a type, in CAST(x AS …).
bool Context::in_type() const {
  if (begins_with({"CREATE", "TYPE"})) return last_is({"AS", "<"}) || (last(1) == "<" && !last_is({">"}));
  if (last_is({"AS"}) && open_list() == "CAST") return true;
  if (begins_with({"ALTER"})) return last_is({"COLUMN"}, 1);
  const bool columns = (begins_with({"CREATE"}) || begins_with({"ASSERT"})) &&
                       std::find(words_.begin(), words_.end(), "AS") == words_.end() && open_list() != "WITH" &&
                       !open_list().empty();
  return columns && (last_is({"(", ",", "<"}, 1) || last_is({"<"})) && !last_is({"(", ","});
}

// Of HELP, as far as they are not written.
Words Context::topics() const {
  std::string written;
  for (size_t i = 1; i < words_.size(); ++i) written += words_[i] + " ";
  Words out = written.empty() ? server_.names(NameKind::functions) : Words();
  for (const std::string& topic : help_topics()) {
    if (topic.starts_with(written)) out.push_back(topic.substr(written.size()));
  }
  return out;
}

Words Context::of_show() const {
  if (words_.size() == 1)
    return {"ALL", "FUNCTIONS", "PROPERTIES", "QUERIES", "STREAMS", "TABLES", "TOPICS", "TYPES", "VARIABLES"};
  if (last_is({"ALL"})) return {"STREAMS", "TABLES", "TOPICS"};
  return last_is({"QUERIES", "STREAMS", "TABLES", "TOPICS"}) ? Words{"EXTENDED"} : Words{};
}

// Of a stream, table or type that is there.
Words Context::of_drop() const {
  if (words_.size() == 1) return {"STREAM", "TABLE", "TYPE"};
  const bool conditional = last_is({"EXISTS"});
  if (words_.size() > 2 && !conditional) return {"CASCADE", "DELETE TOPIC"};
  const Words what = names(words_[1] == "STREAM"  ? NameKind::streams
                           : words_[1] == "TABLE" ? NameKind::tables
                                                  : NameKind::types);
  return conditional ? what : both(what, {"IF EXISTS"});
}

Words Context::of_alter() const {
  if (words_.size() == 1) return {"STREAM", "SYSTEM", "TABLE"};
  if (words_[1] == "SYSTEM") return of_setting();
  if (words_.size() == 2) return names(words_[1] == "STREAM" ? NameKind::streams : NameKind::tables);
  return in_type() ? types() : Words{"ADD COLUMN"};
}

Words Context::of_create() const {
  if (has("SELECT")) return of_query();
  if (open_list() == "WITH") return of_property();
  if (in_type()) return types();
  if (last_is({"CREATE"})) return {"OR REPLACE", "SOURCE", "STREAM", "TABLE", "TYPE"};
  if (last_is({"OR"})) return {"REPLACE"};
  if (last_is({"REPLACE", "SOURCE"})) return {"STREAM", "TABLE"};
  if (last_is({"STREAM", "TABLE", "TYPE"})) return {"IF NOT EXISTS"};
  if (last_is({"AS"})) return {"SELECT"};
  if (open_list().empty()) return {"AS SELECT", "WITH ("};
  return last_is({"(", ","}) ? Words{} : Words{"KEY", "PRIMARY KEY"};
}

Words Context::of_insert() const {
  if (has("SELECT")) return of_query();
  if (words_.size() == 1) return {"INTO"};
  if (last_is({"INTO"})) return sources();
  if (has("VALUES")) return operand_expected() ? functions() : Words();
  return open_list().empty() ? Words{"SELECT", "VALUES ("} : last_is({"(", ","}) ? columns() : Words();
}

Words Context::of_describe() const {
  if (words_.size() == 1) return both(sources(), {"FUNCTION", "STREAMS", "TABLES"});
  return words_[1] == "FUNCTION" ? server_.names(NameKind::functions) : Words{"EXTENDED"};
}

Words Context::of_explain() const {
  if (words_.size() == 1) return both(names(NameKind::queries), {"CREATE", "INSERT", "SELECT"});
  return has("SELECT") ? of_query() : Words();
}

Words Context::of_assert() const {
  if (words_.size() == 1) return {"NOT EXISTS TOPIC", "STREAM", "TABLE", "TOPIC"};
  if (open_list() == "WITH") return of_property();
  if (in_type()) return types();
  if (last_is({"TOPIC"})) return names(NameKind::topics);
  if (last_is({"STREAM", "TABLE"})) return names(last_is({"STREAM"}) ? NameKind::streams : NameKind::tables);
  return {"TIMEOUT", "WITH ("};
}

Words Context::of_print() const {
  return words_.size() == 1 ? names(NameKind::topics) : Words{"FROM BEGINNING", "INTERVAL", "LIMIT"};
}

// In WINDOW … (…).
Words Context::of_window() const {
  if (last_is({"(", ","})) return {"ADVANCE BY", "GRACE PERIOD", "RETENTION", "SIZE"};
  return std::isdigit(static_cast<unsigned char>(last()[0])) != 0 ? units : Words();
}

// Behind these an operand of an expression must stand.
bool Context::operand_expected() const {
  if (last_is({"*"}) && last_is({"SELECT", ",", "(", "."}, 1)) return false;
  return last_is({"SELECT", "WHERE", "AND",  "OR",      "NOT",  "ON",       "BY", "HAVING", "CASE",
                  "WHEN",   "THEN",  "ELSE", "BETWEEN", "LIKE", "DISTINCT", "(",  "[",      ",",
                  "=",      "<",     ">",    "+",       "-",    "*",        "/",  "%",      "|"});
}

// Of SELECT, wherever it stands.
Words Context::of_query() const {
  if (last_is({"FROM", "JOIN"})) return sources();
  if (last_is({"."})) return columns();
  if (in_type()) return types();
  if (open_list() == "TUMBLING" || open_list() == "HOPPING" || open_list() == "SESSION") return of_window();
  if (const auto found = followers.find(last()); found != followers.end()) return found->second;
  if (last(1) == "WITHIN" || last(1) == "PERIOD") return units;
  if (operand_expected()) {
    // Functions are many: some of the name must be there.
    return both(both(beginnings_of_operands, columns()), open_.empty() ? Words() : functions());
  }
  return has("FROM") ? both(clauses, behind_operand) : behind_operand;
}

// In WITH (…).
Words Context::of_property() const {
  if (last_is({"(", ","})) {
    Words out;
    for (const std::string& each : source_properties) out.push_back(each + " =");
    return out;
  }
  if (!last_is({"="})) return {};
  if (last_is({"FORMAT", "KEY_FORMAT", "VALUE_FORMAT"}, 1)) return formats;
  if (last_is({"KAFKA_TOPIC"}, 1)) return texts(NameKind::topics);
  if (last_is({"WINDOW_TYPE"}, 1)) return {"'HOPPING'", "'SESSION'", "'TUMBLING'"};
  return last_is({"WRAP_SINGLE_VALUE"}, 1) ? Words{"false", "true"} : Words{};
}

// Of SET, UNSET and ALTER SYSTEM.
Words Context::of_setting() const {
  if (last_is({"SET", "UNSET", "SYSTEM"})) return texts(NameKind::properties);
  return last_is({"="}) && last(1) == "'auto.offset.reset'" ? Words{"'earliest'", "'latest'"} : Words{};
}

// That the text in quotes may go on to.
Words Context::files() const {
  const std::string path = open_.empty() ? "" : open_.substr(1);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  Words out;
  std::error_code error;
  for (std::filesystem::directory_iterator each(folder.empty() ? "." : folder, error), end; !error && each != end;
       each.increment(error)) {
    std::error_code ignored;
    const std::string name = folder + each->path().filename().string();
    out.push_back("'" + name + (each->is_directory(ignored) ? "/" : "'"));
    if (out.size() == files_max) break;
  }
  return out;
}

// Of every stream and table that the statement reads, before and behind the cursor.
Words Context::columns() const {
  Words out;
  for (const Words* words : {&words_, &behind_}) {
    for (size_t i = 0; i + 1 < words->size(); ++i) {
      if ((*words)[i] != "FROM" && (*words)[i] != "JOIN" && (*words)[i] != "INTO") continue;
      const std::string& source = (*words)[i + 1];
      if (!is_name_character(source[0]) && source[0] != '`' && source[0] != '"') continue;
      for (const std::string& name : server_.columns(source)) out.push_back(as_identifier(name));
    }
  }
  return out;
}

Words Context::of_text() const {
  if (begins_with({"RUN"}) || begins_with({"SCRIPT"})) return files();
  if (open_list() == "WITH") return of_property();
  const bool setting = begins_with({"SET"}) || begins_with({"UNSET"}) || begins_with({"ALTER", "SYSTEM"});
  return setting ? of_setting() : Words();
}

Words Context::candidates() const {
  static const std::map<std::string, Words (Context::*)() const> by_statement = {
      {"ALTER", &Context::of_alter},        {"ASSERT", &Context::of_assert},  {"CREATE", &Context::of_create},
      {"DESCRIBE", &Context::of_describe},  {"DROP", &Context::of_drop},      {"EXPLAIN", &Context::of_explain},
      {"HELP", &Context::topics},           {"INSERT", &Context::of_insert},  {"LIST", &Context::of_show},
      {"OUTPUT", &Context::of_output},      {"PAUSE", &Context::of_query_id}, {"PRINT", &Context::of_print},
      {"RESUME", &Context::of_query_id},    {"RUN", &Context::of_run},        {"SCRIPT", &Context::files},
      {"SELECT", &Context::of_query},       {"SET", &Context::of_setting},    {"SHOW", &Context::of_show},
      {"TERMINATE", &Context::of_query_id}, {"UNSET", &Context::of_setting},
  };
  if (open_.starts_with('\'')) return of_text();
  if (words_.empty()) return statement_beginnings;
  const auto found = by_statement.find(words_.front());
  return found == by_statement.end() ? Words() : (this->*found->second)();
}

bool begins(std::string_view text, std::string_view beginning) {
  return text.size() >= beginning.size() && strncasecmp(text.data(), beginning.data(), beginning.size()) == 0;
}

}  // namespace

Completion complete(std::string_view before, std::string_view after, const NameSource& server) {
  const Tokens tokens = scan(before);
  if (tokens.comment) return {};
  Completion completion;
  completion.typed = tokens.open;
  for (std::string& each : Context(tokens, scan(std::string(after) + " ").all, server).candidates()) {
    // Quotes that were not typed come along.
    const bool quoted = (each[0] == '`' || each[0] == '\'') && (tokens.open.empty() || tokens.open[0] != each[0]);
    if (begins(std::string_view(each).substr(quoted ? 1 : 0), tokens.open)) completion.candidates.push_back(each);
  }
  auto& all = completion.candidates;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return completion;
}

std::string common_beginning(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return {};
  std::string common = candidates.front();
  for (const std::string& each : candidates) {
    size_t same = 0;
    while (same < common.size() && same < each.size() && strncasecmp(&common[same], &each[same], 1) == 0) ++same;
    // Not a part of a character.
    while (same > 0 && same < common.size() && (static_cast<unsigned char>(common[same]) & 0xc0u) == 0x80) --same;
    common.resize(same);
  }
  return common;
}

}  // namespace millrace::shell
