// What statements answer, as values; the routes give them ksqlDB's JSON shapes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/schema.h"

namespace millrace {

// CREATE, INSERT, DROP, TERMINATE, SET, …
struct CommandDone {
  std::string command_id;  // "stream/`S`/create"
  std::string message;     // "Stream created"
  std::string query_id;    // of the query that it started, or empty
  int64_t sequence = -1;   // of its record in the statements topic; -1: it needed none
  std::vector<std::string> warnings;
};

struct SourceRow {
  std::string name;
  bool table = false;
  std::string topic;
  std::string key_format, value_format;
  bool windowed = false;
};

struct SourceListing {
  bool tables = false;
  std::vector<SourceRow> rows;
};

struct TopicListing {
  struct Row {
    std::string name;
    int32_t partitions = 1;
    size_t readers = 0;   // extended: queries that read it
    int64_t records = 0;  // extended: that it holds
  };
  bool extended = false;
  std::vector<Row> rows;
};

enum class QueryState { running, paused, failed };

// rows_in == used + filtered + late + rejected, at every moment that is shown.
struct QueryCounters {
  int64_t rows_in = 0, used = 0, filtered = 0, late = 0, rejected = 0;
  int64_t rows_out = 0;
  int64_t row_errors = 0;  // expressions that failed; the rows went on with null
  int64_t steps = 0;
  int64_t state_bytes = 0;
};

// What an operator of a query keeps.
struct OperatorState {
  int64_t entries = 0, bytes = 0;
};

struct QueryRow {
  std::string id;
  std::string sql;
  std::vector<std::string> sinks, sink_topics;
  QueryState state = QueryState::running;
  std::string error;  // of failed
  QueryCounters counters;
  std::vector<OperatorState> operators;  // each after those that feed it; a scan is none
};

struct QueryListing {
  std::vector<QueryRow> rows;
};

struct SourceDescription {
  SourceRow source;
  Schema schema;
  std::string timestamp_column;
  std::string window;  // "TUMBLING" where windowed
  std::optional<int64_t> window_size_ms;
  std::string statement;
  int32_t partitions = 1;
  std::vector<QueryRow> read_queries, write_queries;
  std::string maker;       // id of the query that it was made with, or empty
  bool read_only = false;  // CREATE SOURCE
  bool system = false;     // the server's own
  bool extended = false;
  std::vector<std::pair<int64_t, int64_t>> offsets;  // extended: first and end of each partition
};

struct SourceDescriptions {  // SHOW STREAMS EXTENDED, DESCRIBE STREAMS
  std::vector<SourceDescription> rows;
};

struct QueryDescription {
  QueryRow query;
  bool exists = true;               // a query, not only a statement that would make one
  std::string kind = "PERSISTENT";  // PERSISTENT, PUSH or PULL
  std::string window;               // "TUMBLING" where windowed
  Schema schema;
  std::vector<std::string> sources;
  std::string plan;  // as EXPLAIN prints it
};

struct QueryDescriptions {  // SHOW QUERIES EXTENDED
  std::vector<QueryDescription> rows;
};

struct PropertyListing {
  struct Row {
    std::string name, value, scope;
    bool editable = true;  // by SET
  };
  std::vector<Row> rows;
};

struct FunctionListing {
  struct Row {
    std::string name, kind, group;
  };
  std::vector<Row> rows;
};

struct FunctionDescription {
  std::string name, kind, group, help;
  std::vector<std::string> signatures;
  std::string example, example_result;
};

// An assertion that holds.
struct AssertionHeld {
  std::string kind;  // TOPIC, STREAM, TABLE
  std::string name;
  bool exists = true;  // what was asserted
};

struct TypeListing {
  struct Row {
    std::string name;
    Type type;
  };
  std::vector<Row> rows;
};

struct VariableListing {
  std::vector<std::pair<std::string, std::string>> rows;
};

struct StatementResult {
  std::string statement;  // its text
  std::variant<CommandDone, SourceListing, TopicListing, QueryListing, SourceDescription, SourceDescriptions,
               QueryDescription, QueryDescriptions, PropertyListing, FunctionListing, FunctionDescription,
               AssertionHeld, TypeListing, VariableListing>
      body;
};

}  // namespace millrace
