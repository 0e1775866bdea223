// What HELP says of each statement. The tests run the examples.
#include "shell/help.h"

namespace millrace::shell {

const std::vector<HelpTopic>& all_help_topics() {
  static const std::vector<HelpTopic> topics = {
      {"CREATE STREAM", "declares the columns of a topic, or keeps a query running whose result is a stream",
       R"(CREATE [OR REPLACE] [SOURCE] STREAM [IF NOT EXISTS] name (column type [KEY], ...) WITH (property = value, ...);
CREATE [OR REPLACE] STREAM [IF NOT EXISTS] name [WITH (...)] AS SELECT ...;
A SOURCE stream is only read. OR REPLACE changes one that is there; a query goes on where it stood.
HELP PROPERTIES tells of WITH, HELP TYPES of types.)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR, price DOUBLE)
  WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
CREATE STREAM dear AS SELECT id, item, price FROM orders WHERE price > 100;)"},
      {"CREATE TABLE", "declares a topic of changes by key, or keeps a query running whose result is a table",
       R"(CREATE [OR REPLACE] [SOURCE] TABLE [IF NOT EXISTS] name (column type PRIMARY KEY, column type, ...)
  WITH (property = value, ...);
CREATE [OR REPLACE] TABLE [IF NOT EXISTS] name [WITH (...)] AS SELECT ... GROUP BY ...;
A SOURCE table is only read, and can be asked for its rows.)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR, price DOUBLE)
  WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
CREATE TABLE items AS SELECT item, COUNT(*) AS sold, SUM(price) AS total FROM orders GROUP BY item;)"},
      {"CREATE TYPE", "gives a type a name", R"(CREATE TYPE [IF NOT EXISTS] name AS type;)",
       R"(CREATE TYPE address AS STRUCT<street VARCHAR, city VARCHAR>;)"},
      {"ALTER", "adds columns to a stream or table, or changes a default of all sessions",
       R"(ALTER STREAM|TABLE name ADD COLUMN column type, ADD COLUMN column type, ...;
ALTER SYSTEM 'property' = 'value';)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
ALTER STREAM orders ADD COLUMN price DOUBLE;)"},
      {"DROP", "takes a stream, a table or a type away",
       R"(DROP STREAM|TABLE [IF EXISTS] name [DELETE TOPIC] [CASCADE];
DROP TYPE [IF EXISTS] name;
The query that made the stream or table ends with it; others that use it are to be terminated before, or go
with what they made by CASCADE.)",
       R"(CREATE STREAM orders (id INT) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
DROP STREAM orders DELETE TOPIC;)"},
      {"INSERT", "adds one row, or keeps a query running whose rows go into a stream that exists",
       R"(INSERT INTO name [(column, ...)] VALUES (value, ...);
INSERT INTO name SELECT ...;)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR, price DOUBLE)
  WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
INSERT INTO orders (id, item, price) VALUES (1, 'lamp', 40.0);)"},
      {"SELECT", "shows rows: those of a table as it is, or with EMIT CHANGES what comes, until Ctrl-C",
       R"(SELECT expression [AS name], ... | *
  FROM source [JOIN ...] [WINDOW ...] [WHERE condition] [GROUP BY ...] [HAVING condition]
  [EMIT CHANGES] [LIMIT n];
HELP JOIN, HELP WINDOW and HELP GROUP BY tell of the clauses.)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
INSERT INTO orders (id, item) VALUES (1, 'lamp');
SET 'auto.offset.reset' = 'earliest';
SELECT id, UCASE(item) AS name FROM orders WHERE id > 0 EMIT CHANGES LIMIT 1;)"},
      {"JOIN", "brings rows of several sources together",
       R"(stream JOIN stream WITHIN 1 HOUR [GRACE PERIOD 10 MINUTES] ON a.column = b.column
stream [LEFT] JOIN table ON stream.column = table.key
table [LEFT | RIGHT | FULL] JOIN table ON a.key = b.key)",
       R"(CREATE STREAM visits (person STRING KEY, page STRING) WITH (kafka_topic = 'visits', partitions = 1, value_format = 'JSON');
CREATE TABLE people (person STRING PRIMARY KEY, country STRING) WITH (kafka_topic = 'people', partitions = 1, value_format = 'JSON');
CREATE STREAM abroad AS
  SELECT v.person, v.page, p.country FROM visits v LEFT JOIN people p ON v.person = p.person;)"},
      {"WINDOW", "groups rows also by their time",
       R"(WINDOW TUMBLING (SIZE 1 MINUTE [, RETENTION 7 DAYS] [, GRACE PERIOD 10 SECONDS])
WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES ...)
WINDOW SESSION (30 MINUTES ...)
It stands before WHERE and GROUP BY. WINDOWSTART and WINDOWEND are columns of the result; with EMIT FINAL a window is
shown once, when it is over.)",
       R"(CREATE STREAM taps (card STRING KEY, amount INT) WITH (kafka_topic = 'taps', partitions = 1, value_format = 'JSON');
CREATE TABLE taps_per_minute AS
  SELECT card, SUM(amount) AS total FROM taps WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 SECONDS) GROUP BY card;)"},
      {"GROUP BY", "makes one row of all rows that agree in some columns",
       R"(SELECT column, COUNT(*), SUM(x), ... FROM source [WINDOW ...] [WHERE ...] GROUP BY column, ... [HAVING condition] ...
SHOW FUNCTIONS lists the aggregates.)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR, price DOUBLE)
  WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
CREATE TABLE popular AS SELECT item, COUNT(*) AS sold FROM orders GROUP BY item HAVING COUNT(*) > 10;)"},
      {"SHOW", "lists what there is",
       R"(SHOW|LIST [ALL] STREAMS | TABLES | TOPICS [EXTENDED];
SHOW|LIST QUERIES [EXTENDED];
SHOW|LIST TYPES | FUNCTIONS | PROPERTIES | VARIABLES;)",
       R"(SHOW STREAMS;
SHOW QUERIES;)"},
      {"DESCRIBE", "shows the columns of a stream or table, or what a function does",
       R"(DESCRIBE name [EXTENDED];
DESCRIBE STREAMS|TABLES [EXTENDED];
DESCRIBE FUNCTION name;)",
       R"(CREATE STREAM orders (id INT) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
DESCRIBE orders EXTENDED;
DESCRIBE FUNCTION SUBSTRING;)"},
      {"EXPLAIN", "shows how a query works, or would",
       R"(EXPLAIN query-id;
EXPLAIN SELECT ... | CREATE ... AS SELECT ... | INSERT INTO ... SELECT ...;)",
       R"(CREATE STREAM orders (id INT) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
EXPLAIN SELECT id FROM orders WHERE id > 10 EMIT CHANGES;)"},
      {"PRINT", "shows the records of a topic, whatever their format",
       R"(PRINT topic|'topic' [FROM BEGINNING] [INTERVAL n] [LIMIT n];
INTERVAL shows every nth record.)",
       R"(CREATE STREAM orders (id INT KEY, item VARCHAR) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
INSERT INTO orders (id, item) VALUES (1, 'lamp');
PRINT 'orders' FROM BEGINNING LIMIT 1;)"},
      {"ASSERT", "ends a script where something is not as it should be",
       R"(ASSERT [NOT EXISTS] TOPIC topic [WITH (partitions = n)] [TIMEOUT 5 SECONDS];
ASSERT STREAM|TABLE name [(column type, ...)] [WITH (property = value, ...)];)",
       R"(CREATE STREAM orders (id INT KEY) WITH (kafka_topic = 'orders', partitions = 1, value_format = 'JSON');
ASSERT TOPIC orders WITH (partitions = 1);
ASSERT STREAM orders (id INT KEY);)"},
      {"PAUSE", "lets a query rest; it goes on with RESUME where it stood", R"(PAUSE query-id | ALL;)", "PAUSE ALL;"},
      {"RESUME", "lets a query go on that rests", R"(RESUME query-id | ALL;)", "RESUME ALL;"},
      {"TERMINATE", "ends a query for good; what it wrote stays", R"(TERMINATE query-id | ALL;)", "TERMINATE ALL;"},
      {"SET", "changes a property of this session",
       R"(SET 'property' = 'value';
SHOW PROPERTIES lists them. Where a query begins to read: 'auto.offset.reset' = 'earliest' or 'latest'.)",
       R"(SET 'auto.offset.reset' = 'earliest';)"},
      {"UNSET", "takes back what SET said", R"(UNSET 'property';)", R"(UNSET 'auto.offset.reset';)"},
      {"DEFINE", "gives a text a name that ${name} stands for in later statements of this session",
       R"(DEFINE name = 'text';)",
       R"(DEFINE format = 'JSON';
CREATE STREAM orders (id INT) WITH (kafka_topic = 'orders', partitions = 1, value_format = '${format}');)"},
      {"UNDEFINE", "takes back what DEFINE said", R"(UNDEFINE name;)", R"(DEFINE format = 'JSON';
UNDEFINE format;)"},
      {"TYPES", "of columns",
       R"(BOOLEAN  INTEGER (or INT)  BIGINT  DOUBLE  DECIMAL(precision, scale)  VARCHAR (or STRING)  BYTES
DATE  TIME  TIMESTAMP  ARRAY<type>  MAP<type, type>  STRUCT<name type, ...>  and what CREATE TYPE named)",
       R"(CREATE STREAM notes (id BIGINT KEY, tags ARRAY<STRING>, at STRUCT<x DOUBLE, y DOUBLE>, cost DECIMAL(8, 2))
  WITH (kafka_topic = 'notes', partitions = 1, value_format = 'JSON');)"},
      {"PROPERTIES", "of a stream or table, in WITH",
       R"(kafka_topic        the topic; the name of the stream or table where it is not given
partitions         of a topic that is to be made
value_format       'JSON', 'DELIMITED', 'KAFKA'; key_format likewise; format: both
timestamp          the column that event time is taken from
timestamp_format   how that column is written, such as 'yyyy-MM-dd HH:mm:ss'
window_type        of a windowed key: 'TUMBLING', 'HOPPING' or 'SESSION'; window_size: '10 SECONDS'
value_delimiter    of DELIMITED: ',', 'TAB', 'SPACE' or another character
wrap_single_value  false: the value is the only column itself
retention_ms       how long rows stay in the topic)",
       R"(CREATE STREAM measures (sensor STRING KEY, at VARCHAR, value DOUBLE)
  WITH (kafka_topic = 'measures', partitions = 1, value_format = 'JSON',
        timestamp = 'at', timestamp_format = 'yyyy-MM-dd HH:mm:ss');)"},
      {"RUN SCRIPT", "runs the statements of a file, one after the other, as if they were typed",
       R"(RUN SCRIPT 'file';
SCRIPT file;
After a statement that failed the rest is left, unless the shell was started with --keep-going.)",
       ""},
      {"OUTPUT", "changes how results are shown", R"(OUTPUT TABLE | JSON | CSV;)", "OUTPUT TABLE;"},
      {"HISTORY", "shows the last statements of this and former sessions", "HISTORY;", ""},
      {"VERSION", "of the shell and of the server, and the server's address", "VERSION;", "VERSION;"},
      {"DATE", "the date and time here", "DATE;", "DATE;"},
      {"CLEAR", "wipes the screen", "CLEAR;", "CLEAR;"},
      {"HELP", "lists these topics, or tells of one, or of a function",
       R"(HELP;
HELP topic;
HELP function;)",
       R"(HELP CREATE;
HELP ABS;)"},
      {"EXIT", "leaves the shell, as QUIT and Ctrl-D do", "EXIT;", "EXIT;"},
      {"KEYS", "of the line editor",
       R"(Tab            completes words, names and files, or lists what may follow
Up, Down       earlier and later statements
Ctrl-R         looks for an earlier statement
Ctrl-A, Ctrl-E to the beginning and the end of the line; Ctrl-U and Ctrl-K erase the line and its rest
Ctrl-C         leaves what is being typed, or ends the query that is running
Ctrl-D         on an empty line, leaves the shell)",
       ""},
  };
  return topics;
}

}  // namespace millrace::shell
