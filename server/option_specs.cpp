// The table of options. conf/millrace.yaml documents the same options with the same defaults; a test compares them.
#include <limits>

#include "server/options.h"

namespace millrace {
namespace {

using Type = OptionSpec::Type;

constexpr int64_t unlimited = std::numeric_limits<int64_t>::max();
constexpr int64_t day_ms = 24 * 3600 * 1000;

OptionSpec text(std::string_view name, std::string_view standard, std::string_view help) {
  return {.name = name, .type = Type::text, .standard = standard, .help = help};
}
OptionSpec integer(std::string_view name, std::string_view standard, int64_t min, int64_t max, std::string_view help) {
  return {.name = name, .type = Type::integer, .standard = standard, .min = min, .max = max, .help = help};
}
OptionSpec choice(std::string_view name, std::string_view standard, std::vector<std::string_view> choices,
                  std::string_view help) {
  return {.name = name, .type = Type::choice, .standard = standard, .choices = std::move(choices), .help = help};
}

std::vector<OptionSpec> declare() {
  return {
      text("listen", "127.0.0.1:8088", "Where the HTTP surface listens, HOST:PORT; port 0 takes any free one"),
      text("data.dir", "./millrace-data", "Where the embedded log keeps everything; one server per directory"),
      text("service.id", "default_", "Names this service; a second server with the same id takes its log over"),

      choice("log.level", "info", {"trace", "debug", "info", "warning", "error", "off"},
             "How much the server says on standard error"),
      choice("log.sync", "commit", {"commit", "interval", "never"},
             "When a commit is answered: after it is on disk, or before; then it is written to disk at an interval,\n"
             "or when the system likes to"),
      integer("log.sync.interval.ms", "1000", 1, day_ms,
              "With log.sync = interval: the longest that a commit stays unwritten"),

      integer("topic.replication", "1", 1, 32767, "With Kafka: how many brokers keep each topic that the server makes"),
      integer("inserts.timeout.ms", "30000", 100, day_ms,
              "With Kafka: a row that is inserted is given up where it is not committed after so long"),
      integer("max.task.idle.ms", "0", 0, day_ms,
              "With Kafka: how long the rows of other partitions wait for a partition that has none, so that all come\n"
              "in the order of their time"),

      integer("engine.threads", "2", 1, 1024, "Threads that run queries"),
      integer("batch.rows", "8192", 1, 1 << 20, "Rows that operators work on at once"),
      integer("step.rows", "262144", 1, unlimited, "A step of a query ends at the latest after so many rows"),
      integer("step.bytes", "67108864", 1, unlimited, "A step of a query ends at the latest after so many bytes read"),
      integer("step.ms", "100", 1, day_ms, "A step of a query ends at the latest after so long"),
      integer("commit.interval.ms", "100", 0, day_ms,
              "The longest that a finished step waits for company in its commit; a query made after\n"
              "SET 'commit.interval.ms' has its own"),
      choice("auto.offset.reset", "latest", {"earliest", "latest"},
             "Where a query begins to read, if its session says nothing"),
      integer("cache.max.bytes.buffering", "10000000", 0, unlimited,
              "0: tables emit every update; else once per commit and key, if the session says nothing"),

      integer("statistics.interval.ms", "5000", 100, day_ms, "How often SYS_STATISTICS gets the server's numbers"),
      integer("audit.text.bytes.max", "4096", 0, 1 << 20, "How much of a request's text SYS_AUDIT keeps"),
      integer("statistics.objects.max", "1000", 1, 1 << 20,
              "Streams and queries that are counted by name; further ones are counted together"),

      integer("statement.bytes.max", "1048576", 1, 1 << 30, "Size of the text of statements in one request"),
      integer("queries.max", "100000", 1, unlimited, "Number of queries that run at the same time"),
      integer("record.bytes.max", "8388608", 1, 1 << 30, "Size of one record that is inserted"),
      integer("result.rows.max", "100000", 1, unlimited, "Rows of a SELECT that wait for its client to take them"),
      integer("result.bytes.max", "8388608", 1, unlimited, "Size of these rows"),
      integer("live.queries.max", "1000", 1, unlimited,
              "SELECTs that are followed at the same time, and scans of streams: 429 beyond"),
      integer("live.buffer.bytes", "8388608", 1, unlimited,
              "Changes of a live result that are kept for subscribers that are behind"),
      integer("live.rows.max", "1000000", 1, unlimited, "Rows of a table that is followed live"),
      integer("live.bytes.max", "268435456", 1, unlimited,
              "Size of the changes and rows that are kept for all live results together: 429 beyond, for who comes\n"
              "and for a result that grows"),
      integer("inserts.outstanding.max", "100000", 1, unlimited,
              "Rows of one insert stream that wait for their commit"),
      integer("state.bytes.max", "8589934592", 1, unlimited, "State of one query in memory; beyond it the query fails"),
      integer("state.log.slack.bytes", "268435456", 1, unlimited,
              "How far an old image of state may hold back the cleaning of the state topic"),

      integer("http.worker.threads", "4", 1, 1024, "Threads that run statements for HTTP clients"),
      integer("http.connections.max", "8192", 1, 1 << 20, "Connections at the same time; more are told 503"),
      {.name = "http.origins.allowed",
       .type = Type::text,
       .standard = "",
       .may_be_empty = true,
       .help =
           "Sites whose pages may use the server from a browser, beside its own host, such as\n"
           "\"https://console.example.com, http://localhost:3000\"; null: pages of files; *: any. Others are told 403"},
      integer("http.header.bytes.max", "16384", 256, 1 << 20, "Size of a request line, and of the headers: 431 beyond"),
      integer("http.body.bytes.max", "8388608", 1, 1 << 30, "Size of a request body that is read whole: 413 beyond"),
      integer("http.requests.bytes.max", "268435456", 1, unlimited,
              "Size of the bodies of all requests together, and of inserted rows until their commit: 503 beyond"),
      integer("http.header.timeout.ms", "10000", 1, day_ms,
              "From a request's first byte to the end of its headers: 408 beyond"),
      integer("http.body.timeout.ms", "60000", 1, day_ms, "For a request body that is read whole: 408 beyond"),
      integer("http.idle.timeout.ms", "120000", 1, day_ms, "A connection without a request is closed after so long"),
      integer("http.write.timeout.ms", "60000", 1, day_ms,
              "A client that does not take the rest of its answer is cut after so long"),

      {.name = "debug.phase.file",
       .type = Type::text,
       .standard = "",
       .may_be_empty = true,
       .help = "For tests: a file that shows in which phase of a step the server is, also after kill -9; empty: none"},
  };
}

}  // namespace

std::span<const OptionSpec> option_specs() {
  static const std::vector<OptionSpec> specs = declare();
  return specs;
}

}  // namespace millrace
