#include "tests/benchmark/path_shapes.h"

#include <fmt/format.h>

#include "connectors/memory_log.h"
#include "tests/benchmark/engine_run.h"

namespace millrace::benchmark {

namespace {

struct Shape {
  std::string name;
  std::vector<std::string> sources;
  std::string query;
  size_t inputs;  // rows of the topics that it reads, in multiples of the rows
};

}  // namespace

// Emission per commit, on the memory log; each against a tumbling GROUP BY over the same rows.
void path_shapes(size_t rows) {
  const std::shared_ptr<Log> log = make_memory_log();
  load(*log, "rows", rows);
  load(*log, "others", rows);  // the same ids, so that each row of a join meets one
  load(*log, "table", rows, {.keys = rows / 10});
  const std::string stream = create_rows("s", "rows");
  const std::string other = create_rows("r", "others");
  const std::string table = create_table("t", "table");
  const std::vector<Shape> shapes = {
      {"tumbling window",
       {stream},
       "CREATE TABLE o0 AS SELECT airport, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY airport;",
       1},
      {"hop of 24 h by 1 min",
       {stream},
       "CREATE TABLE o1 AS SELECT carrier, COUNT(*) AS n FROM s WINDOW HOPPING (SIZE 24 HOURS, ADVANCE BY 1 MINUTE) "
       "GROUP BY carrier;",
       1},
      {"session window",
       {stream},
       "CREATE TABLE o2 AS SELECT airport, COUNT(*) AS n FROM s WINDOW SESSION (1 SECOND) GROUP BY airport;",
       1},
      {"stream-stream join, all rows in the window",
       {stream, other},
       "CREATE STREAM o3 AS SELECT s.id, s.delay, r.fare FROM s JOIN r WITHIN 2 HOURS ON s.id = r.id;",
       2},
      {"stream-table join",
       {stream, table},
       "CREATE STREAM o4 AS SELECT s.airport, s.delay, t.fare FROM s JOIN t ON s.airport = t.k;",
       2},
      {"aggregate over a table",
       {table},
       "CREATE TABLE o5 AS SELECT carrier, COUNT(*) AS n, SUM(delay) AS total FROM t GROUP BY carrier;",
       1},
  };
  fmt::print("queries of different shapes, {} rows, emission per commit\n", rows);
  double base = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const double ns =
        run_queries(log, fmt::format("shape{}", i), shapes[i].sources, {shapes[i].query}, rows * shapes[i].inputs);
    if (i == 0) base = ns;
    fmt::print("  {:<44} {:8.1f} ns/row  {:5.2f} x tumbling{}\n", shapes[i].name, ns, ns / base,
               i == 1 ? " (aim 2)" : "");
  }
}

}  // namespace millrace::benchmark
