// The statement tree: what a text says, before anyone asks what it means. Plain values, no names resolved, no types
// checked.
//
// Unquoted identifiers arrive upper-cased (names of topics and subjects: as written), quoted ones as written. Every
// node that an error may point at has a Position.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace millrace::syntax {

// Where a token begins: both count from 1, the column in Unicode code points. {0, 0} is "nowhere".
struct Position {
  int line = 0;
  int column = 0;
};

struct Name {
  std::string text;
  Position position;
  bool quoted = false;
};

// A type as written: STRUCT<a INT, b ARRAY<STRING>>, DECIMAL(10, 2), or the name of a registered type.
struct TypeName {
  std::string name;                 // upper-cased: "INT", "ARRAY", …
  std::vector<int> parameters;      // precision and scale
  std::vector<TypeName> arguments;  // element; key and value; the fields' types
  std::vector<Name> fields;         // of a STRUCT, one per argument
  Position position;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

// One node of an expression; `kind` says how to read the rest.
struct Expression {
  enum class Kind {
    null_literal,     // NULL
    boolean_literal,  // text: "TRUE" or "FALSE"
    integer_literal,  // text: digits, after a - where one stands before the literal
    decimal_literal,  // text: as written, no exponent; the same -
    double_literal,   // text: as written, with an exponent; the same -
    string_literal,   // text: the value, quotes resolved
    column,           // text: the column; qualifier: the source, or empty
    star,             // COUNT(*): the argument
    negate,           // - child
    arithmetic,       // text: + - * / %; two children
    comparison,       // text: = <> < <= > >=, IS DISTINCT FROM, IS NOT DISTINCT FROM; two children
    logical_and,      // two or more children
    logical_or,       // two or more children
    logical_not,      // one child
    is_null,          // one child; negated: IS NOT NULL
    between,          // value, low, high; negated
    in_list,          // value, then the list; negated
    like,             // value, pattern [, escape]; negated
    case_searched,    // when, then, when, then, … [, else]: the else is there where the count is odd
    case_simple,      // operand, then as case_searched: the else is there where the count is even
    cast,             // one child; type. DATE '…', TIME '…' and TIMESTAMP '…' are casts of the string
    call,             // text: the function, upper-cased unless quoted; children: arguments. a || b is CONCAT(a, b)
    subscript,        // base, index
    field,            // base; text: the field's name (base->name)
    array,            // elements
    map,              // key, value, key, value, …
    structure,        // values; names: the fields
    lambda,           // names: the parameters; one child: the body
  };

  Kind kind = Kind::null_literal;
  Position position;  // of the token that names the node: the operator of a binary node, else its first token
  std::string text;
  std::string qualifier;
  bool negated = false;
  bool double_quoted = false;  // of a column: written as "name", which some mean to be text
  std::vector<ExpressionPtr> children;
  std::vector<Name> names;
  std::optional<TypeName> type;
};

// One WITH (…) or SET entry. The value is a literal.
struct Property {
  Name name;
  ExpressionPtr value;
};

struct Interval {
  static constexpr int64_t milliseconds_max = 3'650'000LL * 86'400'000;  // so that sums with times are numbers, too
  int64_t milliseconds = 0;
  Position position;
};

enum class ColumnRole { value, key, primary_key, headers, header };

struct ColumnDefinition {
  Name name;
  TypeName type;
  ColumnRole role = ColumnRole::value;
  std::string header;  // HEADER('name')
};

struct SelectItem {
  ExpressionPtr expression;       // absent for * and t.*; for struct->* the struct, with all_fields
  std::optional<Name> qualifier;  // t.*
  bool all_fields = false;
  std::optional<Name> alias;
  Position position;
};

struct Relation {
  Name name;
  std::optional<Name> alias;
};

enum class JoinKind { inner, left, right, full };

struct Within {
  Interval before, after;
  std::optional<Interval> grace;
  Position position;
};

struct Join {
  JoinKind kind = JoinKind::inner;
  Relation right;
  std::optional<Within> within;
  ExpressionPtr on;
  Position position;
};

enum class WindowKind { tumbling, hopping, session };

struct Window {
  WindowKind kind = WindowKind::tumbling;
  Interval size;  // of a session: the gap
  std::optional<Interval> advance, retention, grace;
  Position position;
};

enum class Emit { unsaid, changes, final };

struct Query {
  std::vector<SelectItem> items;
  Relation from;
  std::vector<Join> joins;
  std::optional<Window> window;
  ExpressionPtr where;  // absent: null
  std::vector<ExpressionPtr> group_by;
  std::vector<ExpressionPtr> partition_by;
  ExpressionPtr having;
  Emit emit = Emit::unsaid;
  Position emit_position;
  std::optional<int64_t> limit;
  Position position;
};

struct CreateSource {  // CREATE [OR REPLACE] [SOURCE] STREAM|TABLE [IF NOT EXISTS] name (…) WITH (…)
  bool table = false, or_replace = false, read_only = false, if_not_exists = false;
  Name name;
  std::vector<ColumnDefinition> columns;
  std::vector<Property> properties;
};

struct CreateAsSelect {  // CREATE [OR REPLACE] STREAM|TABLE [IF NOT EXISTS] name [WITH (…)] AS SELECT …
  bool table = false, or_replace = false, if_not_exists = false;
  Name name;
  std::vector<Property> properties;
  Query query;
};

struct InsertSelect {  // INSERT INTO name [WITH (…)] SELECT …
  Name target;
  std::vector<Property> properties;
  Query query;
};

struct InsertValues {  // INSERT INTO name [(columns)] VALUES (…)
  Name target;
  std::vector<Name> columns;
  std::vector<ExpressionPtr> values;
};

struct Select {
  Query query;
};

struct Drop {  // DROP STREAM|TABLE [IF EXISTS] name [DELETE TOPIC] [CASCADE]
  bool table = false, if_exists = false, delete_topic = false, cascade = false;
  Name name;
};

struct Alter {  // ALTER STREAM|TABLE name ADD [COLUMN] c t, …
  bool table = false;
  Name name;
  std::vector<ColumnDefinition> columns;
};

struct AlterSystem {  // ALTER SYSTEM 'name' = 'value'
  Property property;
};

struct CreateType {
  Name name;
  TypeName type;
  bool if_not_exists = false;
};

struct DropType {
  Name name;
  bool if_exists = false;
};

enum class QueryAction { terminate, pause, resume };

struct ControlQuery {  // TERMINATE | PAUSE | RESUME id | ALL
  QueryAction action = QueryAction::terminate;
  std::optional<Name> id;  // absent: ALL
};

enum class Showable { streams, tables, topics, queries, types, functions, properties, variables };

struct Show {  // SHOW | LIST … [EXTENDED]; SHOW ALL STREAMS, TABLES, TOPICS: also the server's own
  Showable what = Showable::streams;
  bool all = false, extended = false;
};

struct Describe {  // DESCRIBE name [EXTENDED]
  Name name;
  bool extended = false;
};

struct DescribeAll {  // DESCRIBE STREAMS | TABLES [EXTENDED]
  bool tables = false, extended = false;
};

struct DescribeFunction {
  Name name;
};

struct Statement;

struct Explain {  // EXPLAIN [ANALYZE] id | statement
  bool analyze = false;
  std::optional<Name> id;
  std::unique_ptr<Statement> statement;
};

struct SetProperty {
  Property property;
};

struct UnsetProperty {
  Name name;
};

struct Define {  // DEFINE name = 'value'
  Name name;
  std::string value;
};

struct Undefine {
  Name name;
};

struct Print {  // PRINT topic [FROM BEGINNING] [INTERVAL | SAMPLE n] [LIMIT n]
  Name topic;
  bool from_beginning = false;
  std::optional<int64_t> interval, limit;
};

struct RunScript {
  std::string path;
};

struct AssertTopic {  // ASSERT [NOT EXISTS] TOPIC name [WITH (…)] [TIMEOUT n unit]
  bool absent = false;
  Name topic;
  std::vector<Property> properties;
  std::optional<Interval> timeout;
};

struct AssertSchema {  // ASSERT [NOT EXISTS] SCHEMA [SUBJECT s] [ID n] [TIMEOUT …]
  bool absent = false;
  std::optional<Name> subject;
  std::optional<int64_t> id;
  std::optional<Interval> timeout;
};

struct AssertValues {  // ASSERT VALUES | NULL VALUES name (columns) VALUES | KEY (…)
  bool tombstone = false;
  Name source;
  std::vector<Name> columns;
  std::vector<ExpressionPtr> values;
};

struct AssertSource {  // ASSERT STREAM | TABLE name (…) WITH (…)
  CreateSource expected;
};

struct Statement {
  std::variant<CreateSource, CreateAsSelect, InsertSelect, InsertValues, Select, Drop, Alter, AlterSystem, CreateType,
               DropType, ControlQuery, Show, Describe, DescribeAll, DescribeFunction, Explain, SetProperty,
               UnsetProperty, Define, Undefine, Print, RunScript, AssertTopic, AssertSchema, AssertValues, AssertSource>
      body;
  std::string text;   // as written, variables replaced, without the semicolon and the white space around it
  Position position;  // of its first token within the whole text
};

}  // namespace millrace::syntax
